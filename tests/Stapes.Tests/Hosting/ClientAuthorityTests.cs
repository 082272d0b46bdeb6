using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.Core.Access;
using Stapes.Protocols.Incus;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>Clients whose certificates an authority signed.</summary>
public sealed class ClientAuthorityTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 authority;

    public ClientAuthorityTests()
    {
        var request = new CertificateRequest("CN=Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        File.WriteAllText(directory["ca.crt"], authority.ExportCertificatePem());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        authority.Dispose();
        key.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task A_signed_certificate_is_trusted_and_no_other_is()
    {
        await using var server = await RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] });
        using var signed = Sign("laptop", 1);
        (await AuthOfAsync(server, signed)).ShouldBe("trusted");
        using var unknown = TestCertificate.Create("laptop");
        await server.Server.Access.TrustAsync(unknown);
        (await AuthOfAsync(server, unknown)).ShouldBe("untrusted", "the authority did not sign it");
    }

    [Fact]
    public async Task The_list_of_trusted_certificates_can_restrict_a_signed_one()
    {
        await using var server = await RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] });
        using var signed = Sign("laptop", 1);
        await server.Server.Access.TrustAsync(signed, Role.Viewer, ["default"]);
        using var client = server.WithCertificate(signed);
        using var response = await client.GetAsync(new Uri("/stapes/1.0/tokens", UriKind.Relative), Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_revoked_certificate_is_a_stranger_also_on_an_open_connection()
    {
        Revoke(99);
        await using var server = await RunningServer.StartAsync(
            change: s => s with { TrustAuthority = directory["ca.crt"], TrustRevocations = directory["ca.crl"] });
        using var signed = Sign("laptop", 7);
        using var client = server.WithCertificate(signed);
        (await AuthOfAsync(client)).ShouldBe("trusted");
        Revoke(99, 7);
        File.SetLastWriteTimeUtc(directory["ca.crl"], DateTime.UtcNow.AddSeconds(5));
        (await AuthOfAsync(client)).ShouldBe("untrusted");
        using var other = Sign("desktop", 8);
        (await AuthOfAsync(server, other)).ShouldBe("trusted");
    }

    [Fact]
    public async Task What_goes_on_for_a_revoked_certificate_ends_without_a_request()
    {
        Revoke(99);
        await using var stalled = await WebServer.StartAsync(static http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        await using var server = await RunningServer.StartAsync(
            change: s => s with { TrustAuthority = directory["ca.crt"], TrustRevocations = directory["ca.crl"] });
        using var revoked = Sign("laptop", 7);
        using var kept = Sign("desktop", 8);
        using var local = server.LocalClient();
        var own = await PullAsync(server, revoked, stalled);
        var others = await PullAsync(server, kept, stalled);
        Revoke(99, 7);
        File.SetLastWriteTimeUtc(directory["ca.crl"], DateTime.UtcNow.AddSeconds(5));
        var ended = JsonNode.Parse(await local.GetStringAsync(new Uri($"{own}/wait", UriKind.Relative), Cancellation))!["metadata"]!;
        ((string?)ended["status"]).ShouldBe("Cancelled");
        ((string?)JsonNode.Parse(await local.GetStringAsync(new Uri(others, UriKind.Relative), Cancellation))!["metadata"]!["status"]).ShouldBe("Running");
    }

    [Fact]
    public async Task Serial_numbers_that_begin_with_a_high_bit_are_revoked_too()
    {
        Revoke(200);
        await using var server = await RunningServer.StartAsync(
            change: s => s with { TrustAuthority = directory["ca.crt"], TrustRevocations = directory["ca.crl"] });
        using var signed = Sign("laptop", 200);
        (await AuthOfAsync(server, signed)).ShouldBe("untrusted");
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1", "untrusted")]
    [InlineData("1.3.6.1.5.5.7.3.2", "trusted")]
    public async Task A_certificate_that_the_authority_signed_for_a_server_is_no_clients(string purpose, string auth)
    {
        await using var server = await RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] });
        using var signed = Sign("web", 3, new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        (await AuthOfAsync(server, signed)).ShouldBe(auth);
    }

    [Fact]
    public async Task Nothing_is_fetched_for_the_certificate_of_a_stranger()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var server = await RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] });
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/ca.crt";
        using var certificate = Sign("laptop", 1, new X509AuthorityInformationAccessExtension([], [url]), issuer: "CN=Nobody knows");
        (await AuthOfAsync(server, certificate)).ShouldBe("untrusted");
        listener.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_is_not_spent_on_a_certificate_that_the_authority_did_not_sign()
    {
        await using var server = await RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] });
        using var local = server.LocalClient();
        using var request = new StringContent("""{"name":"laptop","type":"client","token":true}""");
        using var made = await local.PostAsync(new Uri("/1.0/certificates", UriKind.Relative), request, Cancellation);
        var token = TrustTokenRecord.Of(JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancellation))!["metadata"].Deserialize(IncusJsonContext.Default.OperationRecord)!)!;
        using var unknown = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(unknown);
        using var shown = new StringContent($$"""{"trust_token":"{{token.Encode()}}"}""");
        using var refused = await client.PostAsync(new Uri("/1.0/certificates", UriKind.Relative), shown, Cancellation);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain("have yours signed");
        server.Server.Access.State.TrustTokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_is_no_authority_is_told_at_the_start()
    {
        File.WriteAllText(directory["ca.crt"], "nothing");
        (await Should.ThrowAsync<Core.StapesException>(() => RunningServer.StartAsync(change: s => s with { TrustAuthority = directory["ca.crt"] })))
            .Message.ShouldContain(directory["ca.crt"]);
    }

    private X509Certificate2 Sign(string name, byte serial, X509Extension? extension = null, string issuer = "CN=Authority")
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        if (extension is not null)
            request.CertificateExtensions.Add(extension);
        using var made = request.Create(
            new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), [serial]);
        using var whole = made.CopyWithPrivateKey(own);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    private void Revoke(params byte[] serials)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var serial in serials)
            list.AddEntry(serial < 128 ? [serial] : [0, serial]);
        var der = list.Build(authority, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
        File.WriteAllText(directory["ca.crl"], PemEncoding.WriteString("X509 CRL", der));
    }

    /// <summary>Has the server fetch an image, over a connection that ends then; the operation.</summary>
    private static async Task<string> PullAsync(RunningServer server, X509Certificate2 certificate, WebServer from)
    {
        using var client = server.WithCertificate(certificate);
        using var content = JsonContent.Create((JsonNode)new JsonObject
        {
            ["source"] = new JsonObject { ["type"] = "image", ["mode"] = "pull", ["protocol"] = "simplestreams", ["server"] = from.Url.ToString(), ["alias"] = "app" },
        }, options: System.Text.Json.JsonSerializerOptions.Default);
        using var response = await client.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["operation"]!;
    }

    private static async Task<string?> AuthOfAsync(RunningServer server, X509Certificate2 certificate)
    {
        using var client = server.WithCertificate(certificate);
        return await AuthOfAsync(client);
    }

    private static async Task<string?> AuthOfAsync(HttpClient client) =>
        (string?)JsonNode.Parse(await client.GetStringAsync(new Uri("/1.0", UriKind.Relative), Cancellation))!["metadata"]!["auth"];
}
