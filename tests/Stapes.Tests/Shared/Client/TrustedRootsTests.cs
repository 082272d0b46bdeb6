using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Shared.Client;

/// <summary>Real handshakes; the authorities lie where <c>SSL_CERT_FILE</c> and <c>SSL_CERT_DIR</c> say. Tests of one class run one after the other.</summary>
[Collection(nameof(TrustedRootsTests))]
[CollectionDefinition(nameof(TrustedRootsTests), DisableParallelization = true)]
public sealed class TrustedRootsTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly string? file = Environment.GetEnvironmentVariable("SSL_CERT_FILE");
    private readonly string? directories = Environment.GetEnvironmentVariable("SSL_CERT_DIR");
    private readonly TestAuthority root = TestAuthority.CreateRoot("Root of the tests");

    public TrustedRootsTests()
    {
        Trust(file: "none", "none");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("SSL_CERT_FILE", file);
        Environment.SetEnvironmentVariable("SSL_CERT_DIR", directories);
        root.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task A_root_in_the_file_of_certificates_is_trusted()
    {
        using var other = TestAuthority.CreateRoot("Another root");
        Write("bundle.crt", $"# The first one\n{other.Pem}\nand the second\n{root.Pem}\n");
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(root.Issue("localhost"))).ShouldBeNull();
    }

    [Theory]
    [InlineData("ca-certificates.crt")]
    [InlineData("root.pem")]
    [InlineData("0123abcd.0")]
    public async Task A_root_in_a_directory_of_certificates_is_trusted_whatever_its_file_is_called(string name)
    {
        Write($"second/{name}", root.Pem);
        Write("first/README", "no certificate");
        Trust("none", "first", "second");

        (await ShakeHandsAsync(root.Issue("localhost"))).ShouldBeNull();
    }

    [Fact]
    public async Task A_root_in_binary_form_is_trusted()
    {
        using var certificate = root.Certificate;
        directory.Write("roots/root.der", certificate.RawData);
        Trust("none", "roots");

        (await ShakeHandsAsync(root.Issue("localhost"))).ShouldBeNull();
    }

    [Fact]
    public async Task The_server_of_a_trusted_certificate_that_signed_itself_is_trusted()
    {
        var certificate = TestCertificate.Create();
        Write("bundle.crt", certificate.ExportCertificatePem());
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(certificate)).ShouldBeNull();
    }

    [Fact]
    public async Task An_authority_that_nobody_knows_is_refused()
    {
        using var stranger = TestAuthority.CreateRoot("Root of the tests");
        Write("bundle.crt", root.Pem);
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(stranger.Issue("localhost"))).ShouldNotBeNull().ShouldContain("no authority that is known here vouches for it");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        Write("bundle.crt", root.Pem);
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(root.Issue("localhost", new(2024, 5, 6, 0, 0, 0, TimeSpan.Zero)))).ShouldNotBeNull().ShouldContain("it expired on 2024-05-06");
    }

    [Fact]
    public async Task An_expired_root_is_refused()
    {
        using var old = TestAuthority.CreateRoot("Old root", DateTimeOffset.UtcNow.AddHours(-1));
        Write("bundle.crt", old.Pem);
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(old.Issue("localhost", DateTimeOffset.UtcNow.AddHours(1)))).ShouldNotBeNull().ShouldContain("a certificate of its authority has expired");
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused()
    {
        Write("bundle.crt", root.Pem);
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(root.Issue("other.example"))).ShouldNotBeNull().ShouldContain("it is that of another name");
    }

    [Fact]
    public async Task A_server_that_sends_its_intermediate_authority_is_trusted_and_one_that_forgets_it_is_not()
    {
        using var intermediate = root.CreateIntermediate("Intermediate");
        Write("bundle.crt", root.Pem);
        Trust("bundle.crt", "none");

        (await ShakeHandsAsync(intermediate.Issue("localhost"), intermediate.Certificate)).ShouldBeNull();
        (await ShakeHandsAsync(intermediate.Issue("localhost"))).ShouldNotBeNull().ShouldContain("no authority that is known here vouches for it");
    }

    [Fact]
    public async Task An_intermediate_authority_that_lies_beside_the_root_need_not_be_sent()
    {
        using var intermediate = root.CreateIntermediate("Intermediate");
        Write("roots/root.pem", root.Pem);
        Write("roots/intermediate.pem", intermediate.Pem);
        Trust("none", "roots");

        (await ShakeHandsAsync(intermediate.Issue("localhost"))).ShouldBeNull();
    }

    [Fact]
    public async Task What_a_server_signs_with_a_certificate_that_is_no_authority_is_refused()
    {
        var leaf = root.Issue("localhost");
        Write("bundle.crt", root.Pem);
        Trust("bundle.crt", "none");
        using var forged = TestAuthority.Of(leaf);

        (await ShakeHandsAsync(forged.Issue("localhost"), forged.Certificate)).ShouldNotBeNull().ShouldContain("is not trusted");
    }

    /// <summary>One request to a server with that certificate; what the client says of it, null when it is content.</summary>
    private static async Task<string?> ShakeHandsAsync(X509Certificate2 certificate, params X509Certificate2[] sent)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate, [.. sent], cancellation);
        var address = ServerAddress.Parse(new($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        string? failure = null;
        using (var http = HttpClients.Create(new(address)))
        {
            try
            {
                (await http.GetStringAsync(new Uri("x", UriKind.Relative), cancellation)).ShouldBe("hi");
            }
            catch (StapesException e)
            {
                e.Kind.ShouldBe(ErrorKind.Forbidden);
                failure = e.Message;
            }
        }

        await serving;
        certificate.Dispose();
        return failure;
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, X509Certificate2Collection sent, CancellationToken cancellation)
    {
        using var client = await listener.AcceptTcpClientAsync(cancellation);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, sent, offline: true) }, cancellation);
            if (await tls.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, cancellation) > 0)
                await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray(), cancellation);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client did not trust us.
        }
    }

    private void Write(string name, string text) => directory.Write(name, System.Text.Encoding.ASCII.GetBytes(text));

    private void Trust(string file, params string[] directories)
    {
        Environment.SetEnvironmentVariable("SSL_CERT_FILE", directory[file]);
        Environment.SetEnvironmentVariable("SSL_CERT_DIR", string.Join(':', directories.Select(d => directory[d])));
    }
}
