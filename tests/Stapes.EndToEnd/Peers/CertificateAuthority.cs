namespace Stapes.EndToEnd.Peers;

/// <summary>An authority that the peers tree trusts, and the certificate that it issued for the loopback address.</summary>
internal static class CertificateAuthority
{
    private const string Trusted = "/usr/local/share/ca-certificates/stapes-end-to-end.crt";

    public static async Task CreateAsync(string directory)
    {
        string[] key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];
        await PeersTree.Run(directory, "openssl",
            ["req", "-x509", .. key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Stapes end-to-end tests"]).OutputAsync();
        await PeersTree.Run(directory, "openssl",
            ["req", "-x509", .. key, "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.crt",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]).OutputAsync();

        File.Copy(Path.Combine(directory, "ca.crt"), PeersTree.Root + Trusted, overwrite: true);
        await PeersTree.Run(PeersTree.Directory, "update-ca-certificates").OutputAsync();
    }

    public static async Task ForgetAsync()
    {
        File.Delete(PeersTree.Root + Trusted);
        await PeersTree.Run(PeersTree.Directory, "update-ca-certificates").RunAsync(CancellationToken.None);
    }
}
