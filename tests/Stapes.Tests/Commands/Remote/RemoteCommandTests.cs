using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Commands;
using Stapes.Core;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Commands.Remote;

/// <summary><c>stapes remote</c>, and <c>stapes image</c> on remotes, with real servers that do what they should not.</summary>
public sealed class RemoteCommandTests : IDisposable
{
    private readonly SampleTree tree = new();
    private readonly TemporaryDirectory files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        tree.Dispose();
        files.Dispose();
    }

    [Fact]
    public async Task Remotes_come_change_and_go()
    {
        await PrintAsync("remote", "add", "one", "https://me:secret@one.example", "https://two.example", "--protocol=simplestreams");
        await PrintAsync("remote", "add", "https://reg.example", "--protocol=oci", "--credentials-helper", "docker-credential-x");
        await PrintAsync("remote", "rename", "one", "uno");
        await PrintAsync("remote", "switch", "uno");
        await PrintAsync("remote", "set-url", "reg.example", "https://other.example");

        (await PrintAsync("remote", "list", "-f", "csv")).ShouldBe("""
            images,https://images.linuxcontainers.org,simplestreams,none,YES,NO,NO
            local,unix://,incus,file access,NO,YES,NO
            reg.example,https://other.example,oci,none,YES,NO,NO
            uno (current),"https://me:***@one.example
            https://two.example",simplestreams,none,YES,NO,NO

            """);
        (await PrintAsync("remote", "get-default")).ShouldBe("uno\n");
        (await PrintAsync("remote", "list", "-f", "yaml")).ShouldContain("reg.example:\n  protocol: oci\n  credentials_helper: docker-credential-x\n  public: true\n  addr: https://other.example\n");
        (await PrintAsync("remote", "list", "-f", "json")).ShouldContain("\"Addrs\":[\"https://other.example\"],\"LastWorkingAddr\":\"\",\"AuthType\":\"\",\"KeepAlive\":0,");

        await PrintAsync("remote", "switch", "local");
        await PrintAsync("remote", "remove", "uno");
        (await PrintAsync("remote", "list", "-f", "csv", "-c", "n")).ShouldBe("images\nlocal (current)\nreg.example\n");
    }

    [Theory]
    [InlineData("Remote local is static and cannot be modified", "remove", "local")]
    [InlineData("Remote images already exists: remove it first, or choose another name", "add", "images", "https://x.example", "--protocol=simplestreams")]
    [InlineData("Can't remove the default remote: switch to another one first", "remove", "lab")]
    [InlineData("The remote \"imags\" doesn't exist; did you mean \"images\"?", "switch", "imags")]
    [InlineData("Remote names may not contain colons: give the name before the URL", "add", "a:b", "https://x.example", "--protocol=simplestreams")]
    [InlineData("\"../up\" cannot be the name of a remote: use letters, digits, and -._ between them", "add", "../up", "https://x.example", "--protocol=simplestreams")]
    [InlineData("Invalid protocol: ftp; use incus, simplestreams or oci", "add", "x", "https://x.example", "--protocol=ftp")]
    [InlineData("--tls-cert and --tls-key must be used together", "add", "x", "https://x.example", "--tls-cert", "c")]
    [InlineData("\"soon\" is no length of time: write it as in 30m or 8h", "get-client-token", "soon")]
    [InlineData("PFX export requires a filename", "get-client-certificate", "-f", "pfx")]
    public async Task A_failure_says_what_and_which(string message, params string[] arguments)
    {
        await PrintAsync("remote", "add", "lab", "https://lab.example", "--protocol=simplestreams");
        await PrintAsync("remote", "switch", "lab");

        (await Should.ThrowAsync<StapesException>(PrintAsync(["remote", .. arguments]))).Message.ShouldBe(message);
    }

    [Fact]
    public async Task The_client_s_certificate_and_token_are_made_when_they_are_wanted()
    {
        var pem = await PrintAsync("remote", "get-client-certificate");
        var token = (await PrintAsync("remote", "get-client-token", "1h")).Trim().Split('.');

        pem.ShouldBe(File.ReadAllText(files["conf/client.crt"]));
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pem);
        var claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token[1]))!;
        ((string?)claims["sub"]).ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(certificate.RawData)));
        ((long)claims["exp"]! - (long)claims["iat"]!).ShouldBe(3600);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPublicKey(certificate)!;
        key.VerifyData(Encoding.ASCII.GetBytes($"{token[0]}.{token[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(token[2]), System.Security.Cryptography.HashAlgorithmName.SHA384).ShouldBeTrue();
        (await Should.ThrowAsync<StapesException>(PrintAsync("remote", "generate-certificate"))).Message.ShouldBe("A client certificate is already present");
    }

    [Fact]
    public async Task A_token_for_another_server_adds_nothing()
    {
        await using var server = await WebServer.StartTlsAsync(static _ => Task.CompletedTask);
        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"client_name":"me","fingerprint":"{{new string('0', 64)}}","addresses":["{{server.Url.Authority}}"],"secret":"s3cret","expires_at":"0001-01-01T00:00:00Z"}"""));

        var failure = await Should.ThrowAsync<StapesException>(PrintAsync("remote", "add", "lab", token));

        failure.Message.ShouldStartWith("Certificate fingerprint mismatch between certificate token");
        failure.Message.ShouldNotContain("s3cret");
        server.Requests.ShouldBeEmpty();
        (await PrintAsync("remote", "list", "-f", "csv", "-c", "n")).ShouldBe("images\nlocal (current)\n");
        Directory.Exists(files["conf/servercerts"]).ShouldBeFalse();
    }

    [Fact]
    public async Task An_incus_server_learns_to_trust_us_by_a_token()
    {
        var trusted = false;
        await using var server = await WebServer.StartTlsAsync(async http =>
        {
            if (http.Request.Method == "POST")
                trusted = ((string?)(await JsonNode.ParseAsync(http.Request.Body))!["trust_token"]) == "tok" && await http.Connection.GetClientCertificateAsync() is not null;
            var metadata = http.Request.Path.Value switch
            {
                "/1.0" => $$"""{"auth":"{{(trusted ? "trusted" : "untrusted")}}","auth_methods":["tls"],"public":false}""",
                "/1.0/projects" => """[{"name":"web"}]""",
                _ => "null",
            };
            await http.Response.WriteAsync($$"""{"type":"sync","status":"Success","status_code":200,"metadata":{{metadata}}}""");
        });

        (await PrintAsync("remote", "add", "lab", server.Url.Authority, "--accept-certificate", "--token", "tok")).ShouldBe("Client certificate now trusted by server: lab\n");

        var configuration = await File.ReadAllTextAsync(files["conf/config.yml"], Cancellation);
        configuration.ShouldContain($"  lab:\n    addr: {server.Url.AbsoluteUri.TrimEnd('/')}\n    auth_type: tls\n    project: web\n    protocol: incus\n    public: false\n");
        (await File.ReadAllTextAsync(files["conf/servercerts/lab.crt"], Cancellation)).Trim().ShouldBe(server.Certificate!.ExportCertificatePem());
    }

    [Fact]
    public async Task Images_of_a_simplestreams_remote_are_listed_shown_and_exported()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["test/1"] });
        var fingerprint = (await tree.ListAsync()).Single().Fingerprint;
        await using var server = await WebServer.StartTlsAsync(http => Results.File(tree[http.Request.Path.Value!.TrimStart('/')]).ExecuteAsync(http));
        await PrintAsync("remote", "add", "web", server.Url.AbsoluteUri, "--protocol=simplestreams", "--accept-certificate");

        foreach (var remote in (string[])["web", tree.Root])
        {
            (await PrintAsync("image", "list", $"{remote}:", "os=Test", "type=container", "-c", "Fpt", "-f", "csv")).ShouldBe($"{fingerprint},yes,CONTAINER\n");
            (await PrintAsync("image", "list", $"{remote}:", "os=Debian", "-f", "csv")).ShouldBeEmpty();
            (await PrintAsync("image", "list", $"{remote}:test", "-f", "json")).ShouldContain($"\"fingerprint\":\"{fingerprint}\"");
            (await PrintAsync("image", "info", $"{remote}:test/1")).ShouldStartWith($"Fingerprint: {fingerprint}\n");
            (await PrintAsync("image", "show", $"{remote}:test/1")).ShouldContain("  os: Test\n");
            // The index states no end of it: the Incus client shows the start of the epoch then.
            (await PrintAsync("image", "show", $"{remote}:test/1")).ShouldContain("expires_at: 1970-01-01T00:00:00Z\n");
            (await PrintAsync("image", "list", $"{remote}:", "-f", "json")).ShouldContain("\"expires_at\":\"1970-01-01T00:00:00Z\"");
            (await PrintAsync("image", "get-property", $"{remote}:test/1", "release")).ShouldBe("1\n");
            (await PrintAsync("image", "alias", "list", $"{remote}:test", "-c", "at", "-f", "csv")).ShouldContain("test/1,CONTAINER\n");
            await PrintAsync("image", "export", $"{remote}:test/1", files["out"]);
            File.ReadAllBytes(files["out.root"]).ShouldBe(SampleImage.Squashfs());
            File.Delete(files["out.root"]);
            (await Should.ThrowAsync<StapesException>(PrintAsync("image", "info", $"{remote}:tset/1"))).Message.ShouldBe($"Image \"tset/1\" not found on {remote}; did you mean \"test/1\"?");
        }
    }

    [Theory]
    [InlineData("html", " is no simplestreams index: ")]
    [InlineData("500", "The server failed with ")]
    [InlineData("redirects", " redirects 10 times and more")]
    [InlineData("self-signed", " is not trusted: it is self-signed ")]
    [InlineData("expired", " is not trusted: it expired on ")]
    [InlineData("changed", " has changed: ")]
    public async Task Bad_servers_end_in_one_line(string kind, string message)
    {
        var certificate = kind == "expired" ? TestCertificate.Create(until: DateTimeOffset.UtcNow.AddDays(-3)) : TestCertificate.Create();
        await using var server = await WebServer.StartAsync(http =>
        {
            if (kind == "redirects")
                http.Response.Redirect(http.Request.Path);
            http.Response.StatusCode = kind switch { "500" => 500, "redirects" => 302, _ => 200 };
            return http.Response.WriteAsync("<html>");
        }, certificate);
        string[] accepted = kind is "self-signed" or "expired" ? [] : ["--accept-certificate"];
        await PrintAsync(["remote", "add", "web", server.Url.AbsoluteUri, "--protocol=simplestreams", .. accepted]);
        if (kind == "changed")
        {
            using var other = TestCertificate.Create();
            await File.WriteAllTextAsync(files["conf/servercerts/web.crt"], other.ExportCertificatePem(), Cancellation);
        }

        foreach (var arguments in (string[][])[["image", "list", "web:"], ["image", "export", "web:x", files["out"]]])
        {
            var failure = await Should.ThrowAsync<StapesException>(PrintAsync(arguments));
            failure.Message.ShouldContain(message);
            failure.Message.ShouldNotContain('\n');
        }

        Directory.GetFiles(files.Root, "out*").ShouldBeEmpty();
    }

    private async Task<string> PrintAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var result = CommandLine.CreateRoot().Parse([.. arguments, "--config", files["conf"]]);
        result.Errors.ShouldBeEmpty();
        var status = await result.InvokeAsync(new() { Output = output, Error = errors, EnableDefaultExceptionHandler = false }, Cancellation);
        status.ShouldBe(0, errors.ToString());
        return output.ToString();
    }
}
