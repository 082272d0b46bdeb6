using System.Net;
using System.Net.Security;
using System.Text;

namespace Stapes.Protocols.Shared.Client;

/// <summary>
/// Makes the HTTP clients of all protocols. What goes wrong on the way is a <see cref="Core.StapesException"/> of one line, also when
/// a body is read: Unavailable for what may be over the next time, Forbidden for a certificate that is not trusted or an address that
/// may not be asked. Nothing is decompressed.
/// </summary>
public static class HttpClients
{
    /// <returns>A client whose base address is the first of the server's; nothing is sent yet.</returns>
    public static HttpClient Create(HttpAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        HttpMessageHandler handler = new PatientHandler(access.Patience, CreateTransport(access)) { Server = access.Addresses };
        handler = new AuthorizingHandler(access, handler);
        handler = new RedirectHandler(handler);
        handler = new FailoverHandler(access.Addresses, handler);
        var client = new HttpClient(handler) { BaseAddress = access.Addresses[0].Base, Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", UserAgent.Text);
        return client;
    }

    private static SocketsHttpHandler CreateTransport(HttpAccess access)
    {
        var isLocal = access.Addresses.Any(static a => a.Socket is not null);
        var trust = new ServerTrust(access);
        return new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = !isLocal && access.Guard is null,
            ConnectTimeout = access.Patience.Connect,
            ConnectCallback = new Connector(access).ConnectAsync,
            // Long enough for a server that checks its disk first; an upload that nobody wants is then never sent.
            Expect100ContinueTimeout = TimeSpan.FromSeconds(5),
            // Names of files are sent as they are, as the Incus client sends them.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = TrustedRoots.Policy(),
                RemoteCertificateValidationCallback = trust.Accept,
                LocalCertificateSelectionCallback = access.ClientCertificate is null ? null : trust.SelectOurs,
                ClientCertificates = access.ClientCertificate is null ? null : [access.ClientCertificate],
            },
        };
    }
}
