using System.Buffers.Text;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stapes.Commands.Serve;
using Stapes.Core;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary>
/// <c>remote get-client-token</c>: a signed statement of who we are, which a server that trusts our certificate takes instead of it for a
/// while. Source: Incus, <c>cmd/incus/remote.go</c>; RFC 7519.
/// </summary>
internal static class GetClientTokenCommand
{
    private static readonly Argument<string> Expiry = new("expiry") { Description = "How long it is valid, such as 30m or 8h" };

    public static Command Create()
    {
        var command = new Command("get-client-token", "Generate a client token derived from the client certificate") { Expiry };
        command.SetAction(static async (result, cancellation) =>
        {
            var paths = RemoteOptions.Paths(result);
            if (!ServeDuration.TryParse(result.GetRequiredValue(Expiry), out var lifetime) || lifetime <= TimeSpan.Zero)
                throw new StapesException(ErrorKind.Invalid, $"\"{result.GetRequiredValue(Expiry)}\" is no length of time: write it as in 30m or 8h");
            await GenerateCertificateCommand.EnsureAsync(paths, result.InvocationConfiguration.Error, cancellation);
            using var certificate = ClientCertificate.Load(paths.Certificate, paths.Key);
            result.InvocationConfiguration.Output.WriteLine(Sign(certificate, DateTimeOffset.UtcNow, lifetime));
        });
        return command;
    }

    private static string Sign(X509Certificate2 certificate, DateTimeOffset now, TimeSpan lifetime)
    {
        using var ecdsa = certificate.GetECDsaPrivateKey();
        using var rsa = certificate.GetRSAPrivateKey();
        var fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        var (from, until) = (now.ToUnixTimeSeconds(), (now + lifetime).ToUnixTimeSeconds());
        var text = $"{Part($$"""{"alg":"{{(ecdsa is null ? "RS256" : "ES384")}}","typ":"JWT"}""")}.{Part(string.Create(CultureInfo.InvariantCulture, $$"""{"sub":"{{fingerprint}}","exp":{{until}},"nbf":{{from}},"iat":{{from}}}"""))}";
        var bytes = Encoding.ASCII.GetBytes(text);
        var signature = ecdsa?.SignData(bytes, HashAlgorithmName.SHA384) ?? rsa?.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            ?? throw new StapesException(ErrorKind.Invalid, "The client's key can sign no token: use an ECDSA P-384 or RSA key");
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
