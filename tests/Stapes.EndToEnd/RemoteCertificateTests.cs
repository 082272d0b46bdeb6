using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>What <c>remote add</c> asks about certificates, and which it shows, as users see it.</summary>
public sealed class RemoteCertificateTests : IDisposable
{
    private const string Question = "ok (y/n/[fingerprint])? ";

    private readonly string home = Directory.CreateTempSubdirectory("stapes-remote-").FullName;

    private string Conf => Path.Combine(home, "conf");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("Yes\n", true)]
    [InlineData("FINGERPRINT\n", true)]
    [InlineData("n\n", false)]
    [InlineData("no\n", false)]
    [InlineData("\n", false)]
    [InlineData("what?\nn\n", false)]
    [InlineData("what?\ny\n", true)]
    [InlineData("", false)]
    public async Task A_certificate_that_nobody_vouches_for_is_asked_about(string answer, bool isAccepted)
    {
        await using var server = await StartAsync();
        var fingerprint = await FingerprintAsync(server);

        var added = await (Stapes("remote", "add", "lab", server.Address.AbsoluteUri, "--public") with
        {
            Input = answer.Replace("FINGERPRINT", fingerprint, StringComparison.Ordinal),
        }).RunAsync(TestContext.Current.CancellationToken);

        added.Output.ShouldStartWith($"Certificate fingerprint: {fingerprint}\n{Question}");
        added.ExitCode.ShouldBe(isAccepted ? 0 : 1, added.ToString());
        added.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(static l => l.StartsWith("Error: ", StringComparison.Ordinal)).ShouldBe(isAccepted ? 0 : 1, added.ToString());
        (await Stapes("remote", "list", "-f", "csv", "-c", "n").OutputAsync()).ShouldBe(isAccepted ? "images\nlab\nlocal (current)\n" : "images\nlocal (current)\n");
        File.Exists(Path.Combine(Conf, "servercerts", "lab.crt")).ShouldBe(isAccepted);
        if (isAccepted)
            (await Stapes("image", "list", "lab:", "-f", "csv").OutputAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task On_a_terminal_the_question_waits_for_its_answer()
    {
        await using var server = await StartAsync();
        await using var terminal = Terminal.Start(120, Stapes("remote", "add", "lab", server.Address.AbsoluteUri, "--public"));

        await terminal.UntilAsync(static s => s.Lines.Any(static l => l.StartsWith(Question.TrimEnd(), StringComparison.Ordinal)));
        await terminal.TypeAsync("n\n");

        (await terminal.EndAsync()).ShouldBe(1);
        terminal.Screen.Lines[^1].ShouldBe("Error: Server certificate NACKed by user: nothing was added");
    }

    [Theory]
    [InlineData("rsa", "")]
    [InlineData("rsa", "päss word")]
    [InlineData("ec", "")]
    [InlineData("ec", "päss word")]
    public async Task A_pair_of_a_PKCS_12_file_is_shown_to_the_server(string kind, string password)
    {
        await using var server = await StartAsync();
        var (file, certificate) = await MakeP12Async(kind, password);
        var token = await server.TrustTokenAsync("p12");

        var added = await (Stapes("remote", "add", "lab", server.Address.AbsoluteUri, "--accept-certificate", "--token", token, "--tls-p12", file) with { Input = password + "\n" }).RunAsync(TestContext.Current.CancellationToken);

        added.ExitCode.ShouldBe(0, added.ToString());
        added.Errors.ShouldBe(password.Length == 0 ? "" : $"Password for {file}: ");
        using var kept = X509Certificate2.CreateFromPemFile(Path.Combine(Conf, "clientcerts", "lab.crt"), Path.Combine(Conf, "clientcerts", "lab.key"));
        kept.Thumbprint.ShouldBe(certificate.Thumbprint);
        (File.GetUnixFileMode(Path.Combine(Conf, "clientcerts", "lab.key")) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)).ShouldBe(UnixFileMode.None);
        File.Exists(Path.Combine(Conf, "client.crt")).ShouldBeFalse("the remote has a pair of its own");
        // Only who is trusted may list its certificates.
        (await server.Stapes("config", "trust", "list", "-f", "csv").OutputAsync()).ShouldContain(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant()[..12]);
        (await Stapes("image", "alias", "list", "lab:", "-f", "csv").OutputAsync()).ShouldBeEmpty();
        certificate.Dispose();
    }

    [Fact]
    public async Task A_PKCS_12_file_that_cannot_be_opened_adds_nothing()
    {
        await using var server = await StartAsync();
        var (file, certificate) = await MakeP12Async("ec", "secret");
        certificate.Dispose();
        var junk = Path.Combine(home, "junk.p12");
        File.WriteAllText(junk, "no such file");
        var token = await server.TrustTokenAsync("p12");
        foreach (var (path, input, message) in ((string, string, string)[])[
            (file, "mistaken\n", $"{file} cannot be opened: the password is wrong, or the file is damaged"),
            (junk, "", $"{junk} is no PKCS#12 file"),
            (file, "", "The input ended at the question"),
            ("missing.p12", "", "Could not find file")])
        {
            var refused = await (Stapes("remote", "add", "lab", server.Address.AbsoluteUri, "--accept-certificate", "--token", token, "--tls-p12", path) with { Input = input }).RunAsync(TestContext.Current.CancellationToken);

            refused.ExitCode.ShouldBe(1, refused.ToString());
            refused.Errors.ShouldContain("Error: " + message);
            (refused.Output + refused.Errors).ShouldNotContain("mistaken");
            (await Stapes("remote", "list", "-f", "csv", "-c", "n").OutputAsync()).ShouldBe("images\nlocal (current)\n");
            Directory.Exists(Path.Combine(Conf, "clientcerts")).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task On_a_terminal_a_password_is_not_shown()
    {
        await using var server = await StartAsync();
        var (file, certificate) = await MakeP12Async("ec", "secret");
        certificate.Dispose();
        var token = await server.TrustTokenAsync("p12");
        await using var terminal = Terminal.Start(500, Stapes("remote", "add", "lab", server.Address.AbsoluteUri, "--accept-certificate", "--token", token, "--tls-p12", file));

        await terminal.UntilAsync(static s => s.Lines.Any(static l => l.StartsWith("Password for ", StringComparison.Ordinal)));
        await terminal.TypeAsync("secrex\x7ft\r");

        (await terminal.EndAsync()).ShouldBe(0, terminal.Raw);
        terminal.Raw.ShouldNotContain("secre");
        terminal.Screen.Lines[^1].ShouldBe("Client certificate now trusted by server: lab");
    }

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(Path.Combine(home, "data"), "--listen", "127.0.0.1:0");

    private static async Task<string> FingerprintAsync(ServerProcess server) =>
        (string)JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(await server.TrustTokenAsync("fingerprint"))))!["fingerprint"]!;

    /// <summary>Makes a pair and its file with openssl, as the administrators of an authority do.</summary>
    private async Task<(string File, X509Certificate2 Certificate)> MakeP12Async(string kind, string password)
    {
        string[] key = kind == "rsa" ? ["-newkey", "rsa:2048"] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"];
        await OpenSslAsync(["req", "-x509", "-nodes", .. key, "-keyout", "pair.key", "-out", "pair.crt", "-days", "2", "-subj", "/CN=client"]);
        await OpenSslAsync("pkcs12", "-export", "-in", "pair.crt", "-inkey", "pair.key", "-out", "pair.p12", "-passout", $"pass:{password}");
        return (Path.Combine(home, "pair.p12"), X509CertificateLoader.LoadCertificateFromFile(Path.Combine(home, "pair.crt")));
    }

    private Task<string> OpenSslAsync(params IReadOnlyList<string> arguments) => new Command("openssl", arguments) { Directory = home }.OutputAsync();

    private Command Stapes(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, [.. arguments, "--config", Conf]);
}
