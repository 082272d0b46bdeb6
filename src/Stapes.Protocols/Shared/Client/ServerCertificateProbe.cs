using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Asks a server for its certificate before it is trusted, so that somebody can look at it.</summary>
public static class ServerCertificateProbe
{
    /// <param name="server">A <c>https://</c> address.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The certificate, and whether an authority vouches for it. The caller disposes it.</returns>
    /// <exception cref="StapesException">Unavailable: it cannot be reached, or does not speak TLS.</exception>
    public static async Task<ProbedCertificate> GetAsync(ServerAddress server, HttpPatience patience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(patience);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience.Connect);
        ProbedCertificate? found = null;
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Base.Host.Trim('[', ']'), server.Base.Port, limit.Token);
            await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: true, (_, certificate, chain, errors) =>
            {
                // A copy: the handshake disposes its own.
                if (certificate is X509Certificate2 leaf)
                    found = new(X509CertificateLoader.LoadCertificate(leaf.RawDataMemory.Span), TrustedRoots.Verify(leaf, chain!, errors, out X509ChainStatusFlags _) == SslPolicyErrors.None);
                return found is not null;
            });
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.Base.Host.Trim('[', ']'), CertificateChainPolicy = TrustedRoots.Policy() }, limit.Token);
            return found!;
        }
        catch (Exception e) when (found is not null && e is (IOException or AuthenticationException))
        {
            // It wanted a certificate of ours, but its own we have.
            return found!;
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            throw new StapesException(ErrorKind.Unavailable, $"The certificate of {server} cannot be had: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}; look whether the server runs, and whether host and port are right", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{server} does not answer: look whether the server runs, and whether host and port are right", e);
        }
    }
}

/// <param name="Certificate">The server's own, without its chain.</param>
/// <param name="IsTrusted">Whether an authority that is known here vouches for it, under that name and now.</param>
public sealed record ProbedCertificate(X509Certificate2 Certificate, bool IsTrusted) : IDisposable
{
    /// <summary>SHA-256 of the certificate, as Incus shows it.</summary>
    public string Fingerprint => ServerTrust.Fingerprint(Certificate);

    public void Dispose() => Certificate.Dispose();
}
