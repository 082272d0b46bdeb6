using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.Protocols.Shared.Client;

/// <summary>
/// Whether an authority that this machine trusts vouches for a server. The platform's own verifier decides; only the reading is ours: it
/// reads every certificate of the machine before its first decision, several hundred files, where we look for the few that a chain can end
/// at. What is trusted is the same: the file <c>SSL_CERT_FILE</c>, the directories <c>SSL_CERT_DIR</c>, or where the system has them, and
/// the user's own store.
/// </summary>
internal static class TrustedRoots
{
    /// <summary>
    /// What the platform decides by: no roots, because ours come later, and no certificates that are fetched from wherever a stranger's
    /// one says.
    /// </summary>
    public static X509ChainPolicy Policy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    /// <summary>What is wrong with a server's certificate, now that there are roots.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="platform">The chain that was built by <see cref="Policy"/>, with what the server sent beside its certificate.</param>
    /// <param name="errors">What was wrong then; that of the name stays.</param>
    /// <param name="problem">What is wrong with the chain.</param>
    public static SslPolicyErrors Verify(X509Certificate2 leaf, X509Chain platform, SslPolicyErrors errors, out X509ChainStatusFlags problem)
    {
        errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        // The few that may do, and only if they do not, all: names can be equal to OpenSSL that are not equal byte for byte.
        problem = Build(leaf, platform.ChainPolicy, CertificateFiles.Named(Issuers(leaf, platform)));
        if (problem is not X509ChainStatusFlags.NoError)
            problem = Build(leaf, platform.ChainPolicy, CertificateFiles.All());
        return problem is X509ChainStatusFlags.NoError ? errors : errors | SslPolicyErrors.RemoteCertificateChainErrors;
    }

    private static X509ChainStatusFlags Build(X509Certificate2 leaf, X509ChainPolicy policy, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain { ChainPolicy = policy.Clone() };
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        var isTrusted = chain.Build(leaf);
        var status = chain.ChainStatus.Select(static s => s.Status).FirstOrDefault();
        foreach (var element in chain.ChainElements)
            element.Certificate.Dispose();
        foreach (var root in roots)
            root.Dispose();
        return isTrusted ? X509ChainStatusFlags.NoError : status is X509ChainStatusFlags.NoError ? X509ChainStatusFlags.PartialChain : status;
    }

    private static List<byte[]> Issuers(X509Certificate2 leaf, X509Chain platform) =>
        [leaf.IssuerName.RawData, .. platform.ChainPolicy.ExtraStore.Select(static c => c.IssuerName.RawData)];
}
