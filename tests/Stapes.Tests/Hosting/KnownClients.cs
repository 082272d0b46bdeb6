using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stapes.Core.Access;

namespace Stapes.Tests.Hosting;

/// <summary>Clients of a running server that it knows, by a certificate or by a token; each may come from an address of its own.</summary>
internal static class KnownClients
{
    /// <summary>A client with a certificate, which need not be trusted.</summary>
    public static HttpClient WithCertificate(this RunningServer server, X509Certificate2? certificate, string from = "127.0.0.1")
    {
        var handler = Handler(from);
        if (certificate is not null)
        {
            // Offline: else this side would fetch the certificates of who signed it.
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }

        return new(handler) { BaseAddress = server.Https };
    }

    /// <summary>A client that shows a token as its password.</summary>
    public static HttpClient WithToken(this RunningServer server, string token, string from = "127.0.0.1")
    {
        var client = new HttpClient(Handler(from)) { BaseAddress = server.Https };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("any:" + token)));
        return client;
    }

    public static async Task<Identity> TrustAsync(this AccessControl access, X509Certificate2 certificate, Role role = Role.Admin, IReadOnlyList<string>? projects = null) =>
        await access.AddAsync(new()
        {
            Kind = IdentityKind.Certificate,
            Id = Fingerprint(certificate),
            Name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
            Role = role,
            Restricted = projects is not null,
            Projects = projects ?? [],
            Certificate = certificate.ExportCertificatePem(),
            CreatedAt = DateTimeOffset.UtcNow,
        }, TestContext.Current.CancellationToken);

    public static async Task<string> TokenAsync(this AccessControl access, string name, Role role, params string[] projects) =>
        (await access.AddTokenAsync(new(name, role, projects.Length > 0 ? projects : null), TestContext.Current.CancellationToken)).Secret;

    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private static SocketsHttpHandler Handler(string from) => new()
    {
        AllowAutoRedirect = false,
        SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
