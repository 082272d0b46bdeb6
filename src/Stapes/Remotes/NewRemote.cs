using System.Security.Cryptography.X509Certificates;

namespace Stapes.Remotes;

/// <summary>What the command line says of a remote that shall be added.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Targets">Addresses, or one trust token.</param>
/// <param name="Protocol">Its protocol.</param>
internal sealed record NewRemote(string Name, IReadOnlyList<string> Targets, string Protocol)
{
    public bool Public { get; init; }

    /// <summary>Whether the server's certificate is taken as it is.</summary>
    public bool AcceptCertificate { get; init; }

    /// <summary>By which the server will trust us; null for none.</summary>
    public string? Token { get; init; }

    public string AuthType { get; init; } = "";

    public string Project { get; init; } = "";

    public int KeepAlive { get; init; }

    public string CredentialsHelper { get; init; } = "";

    /// <summary>A pair for this remote alone, with its key; null for the one of all remotes.</summary>
    public X509Certificate2? OwnCertificate { get; init; }
}
