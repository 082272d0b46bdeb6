using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Hosting;

namespace Stapes.Tests.Hosting;

public class ServerCertificateTests
{
    [Fact]
    public async Task The_first_start_makes_a_certificate_as_Incus_does_and_the_next_keeps_it()
    {
        using var directory = new TemporaryDirectory();
        string first;
        await using (var server = await RunningServer.StartAsync(data: directory["data"]))
            first = await server.GetCertificateAsync();

        using var certificate = X509CertificateLoader.LoadCertificateFromFile(directory["data/server.crt"]);
        certificate.GetCertHashString(HashAlgorithmName.SHA256).ShouldBe(first);
        certificate.GetECDsaPublicKey()!.KeySize.ShouldBe(384);
        certificate.Subject.ShouldBe($"CN={Environment.UserName}@{Environment.MachineName}, O=Linux Containers");
        (certificate.NotAfter - certificate.NotBefore).TotalDays.ShouldBe(3650, tolerance: 1);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().ShouldBe([Environment.MachineName]);
        names.EnumerateIPAddresses().Select(static a => a.ToString()).ShouldBe(["127.0.0.1", "::1"]);
        File.GetUnixFileMode(directory["data/server.key"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var again = await RunningServer.StartAsync(data: directory["data"]);
        (await again.GetCertificateAsync()).ShouldBe(first);
    }

    [Fact]
    public async Task A_renewed_certificate_greets_the_next_connection()
    {
        using var directory = new TemporaryDirectory();
        var files = new CertificateFiles(directory["a.crt"], directory["a.key"]);
        var old = Write(files);
        await using var server = await RunningServer.StartAsync(change: s => s with { Certificate = files });
        (await server.GetCertificateAsync()).ShouldBe(old);

        var renewed = Write(files);

        (await server.GetCertificateAsync()).ShouldBe(renewed);
    }

    [Fact]
    public async Task While_a_renewed_certificate_is_unusable_the_old_one_stays()
    {
        using var directory = new TemporaryDirectory();
        var files = new CertificateFiles(directory["a.crt"], directory["a.key"]);
        var old = Write(files);
        await using var server = await RunningServer.StartAsync(change: s => s with { Certificate = files });

        await File.WriteAllTextAsync(files.Key, "half a key", TestContext.Current.CancellationToken);

        (await server.GetCertificateAsync()).ShouldBe(old);
        server.Log.ShouldContain("stays in use");
        (await server.GetCertificateAsync()).ShouldBe(old);
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_is_an_error_with_its_name()
    {
        var files = new CertificateFiles("/nowhere/a.crt", "/nowhere/a.key");

        var e = await Should.ThrowAsync<StapesException>(() => RunningServer.StartAsync(change: s => s with { Certificate = files }));

        e.Message.ShouldContain("/nowhere/a.crt");
    }

    private static string Write(CertificateFiles files)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }
}
