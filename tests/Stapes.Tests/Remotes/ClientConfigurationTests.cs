using Stapes.Core;
using Stapes.Remotes;

namespace Stapes.Tests.Remotes;

public sealed class ClientConfigurationTests : IDisposable
{
    /// <summary>As the Incus client 7.0 writes it, with fields that nobody here knows.</summary>
    private const string OfIncus = """
        default-remote: lab
        remotes:
          images:
            protocol: simplestreams
            public: true
            addr: https://images.linuxcontainers.org
          lab:
            last_working_address: https://10.0.0.2:8443
            auth_type: tls
            keepalive: 30
            project: web
            protocol: incus
            public: false
            addr: https://10.0.0.1:8443,https://10.0.0.2:8443
            from_the_future: {a: [1, yes]}
          local:
            protocol: incus
            public: false
            addr: unix://
        aliases:
          ll: list -c n
        defaults:
          list_format: ""
          no_color: false

        """;

    private readonly TemporaryDirectory directory = new();

    private ClientPaths Paths => new(directory["conf"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Without_a_file_there_are_the_presets()
    {
        var configuration = ClientConfiguration.Read(Paths);

        configuration.DefaultRemote.ShouldBe("local");
        configuration.Remotes.Values.Select(static r => $"{r.Name} {r.Addresses[0]} {r.Protocol} {r.Public} {r.IsStatic}").ShouldBe(
            ["images https://images.linuxcontainers.org simplestreams True False", "local unix:// incus False True"]);
        Directory.Exists(Paths.Directory).ShouldBeFalse();
    }

    [Fact]
    public void The_file_of_the_incus_client_is_read()
    {
        Write(OfIncus);

        var configuration = ClientConfiguration.Read(Paths);

        configuration.DefaultRemote.ShouldBe("lab");
        var lab = configuration.Get("lab");
        lab.Addresses.ShouldBe(["https://10.0.0.1:8443", "https://10.0.0.2:8443"]);
        (lab.Project, lab.KeepAlive, lab.AuthType, lab.Protocol).ShouldBe(("web", 30, "tls", "incus"));
    }

    [Fact]
    public async Task What_nobody_here_knows_survives_a_change()
    {
        Write(OfIncus);

        await ClientConfiguration.ChangeAsync(Paths, static (_, yaml) => yaml.Set(new("new", ["https://example.org"]) { Protocol = "simplestreams", Public = true }), Cancellation);
        await ClientConfiguration.ChangeAsync(Paths, static (_, yaml) => yaml.Rename("lab", "lab2"), Cancellation);

        var text = File.ReadAllText(Paths.Configuration);
        foreach (var kept in (string[])["last_working_address: https://10.0.0.2:8443", "from_the_future:", "ll: list -c n", "list_format: \"\"", "no_color: false", "  new:\n", "  lab2:\n"])
            text.ShouldContain(kept);
        text.ShouldNotContain("  lab:\n");
        File.GetUnixFileMode(Paths.Configuration).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Changes_at_once_all_survive()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => ClientConfiguration.ChangeAsync(
            Paths, (_, yaml) => yaml.Set(new($"remote{i}", ["https://example.org"])), Cancellation))));

        ClientConfiguration.Read(Paths).Remotes.Count.ShouldBe(22);
        Directory.GetFiles(Paths.Directory).Select(Path.GetFileName).Order().ShouldBe([".stapes.lock", "config.yml"]);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("12")]
    [InlineData("null")]
    [InlineData("größe")]
    public async Task Names_that_yaml_takes_for_something_else_stay_names(string name)
    {
        await ClientConfiguration.ChangeAsync(Paths, (_, yaml) => yaml.Set(new(name, ["https://example.org"]) { Project = name }), Cancellation);

        ClientConfiguration.Read(Paths).Get(name).Project.ShouldBe(name);
        File.ReadAllText(Paths.Configuration).ShouldContain($"\"{name}\":");
    }

    [Theory]
    [InlineData("remotes: [")]
    [InlineData("- a")]
    [InlineData("remotes: {a: {protocol: incus}}")]
    [InlineData("remotes: {a: b}")]
    [InlineData("remotes: {a: {addr: \" , \"}}")]
    public void A_file_that_makes_no_sense_is_told_in_a_line(string text)
    {
        Write(text);

        var failure = Should.Throw<StapesException>(() => ClientConfiguration.Read(Paths));

        failure.Message.ShouldStartWith(Paths.Configuration);
        failure.Message.ShouldNotContain('\n');
    }

    [Fact]
    public void The_certificate_of_a_client_is_made_as_incus_makes_it()
    {
        ClientCertificate.Generate(Paths);

        using var certificate = ClientCertificate.Find(Paths, "any")!;
        certificate.HasPrivateKey.ShouldBeTrue();
        certificate.Subject.ShouldContain("O=Linux Containers");
        File.ReadAllText(Paths.Key).ShouldStartWith("-----BEGIN EC PRIVATE KEY-----");
        File.GetUnixFileMode(Paths.Key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_key_that_does_not_fit_or_is_encrypted_is_told_in_a_line()
    {
        ClientCertificate.Generate(Paths);
        ClientCertificate.Generate(new(directory["other"]));
        File.Copy(new ClientPaths(directory["other"]).Key, Paths.Key, overwrite: true);
        Should.Throw<StapesException>(() => ClientCertificate.Find(Paths, "any")).Message.ShouldContain("are no certificate with its key");

        File.WriteAllText(Paths.Key, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        Should.Throw<StapesException>(() => ClientCertificate.Find(Paths, "any")).Message.ShouldContain("is encrypted");
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(Paths.Directory);
        File.WriteAllText(Paths.Configuration, text);
    }
}
