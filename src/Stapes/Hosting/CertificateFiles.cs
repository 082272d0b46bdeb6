namespace Stapes.Hosting;

/// <summary>Two PEM files: the certificate, followed by those that lead to its root, and its unencrypted key.</summary>
internal sealed record CertificateFiles(string Certificate, string Key);
