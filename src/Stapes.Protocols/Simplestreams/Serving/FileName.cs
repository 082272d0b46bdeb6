using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>The name of a served file: its SHA-256 and an extension, which says nothing that matters.</summary>
internal static class FileName
{
    private const int MostExtension = 32;

    /// <summary>False for every name that no index ever had.</summary>
    public static bool TryParse(string name, out Sha256Digest digest)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var hex = dot < 0 ? name : name[..dot];
        // One file has one address: upper case is not it.
        return Sha256Digest.TryParse(hex, out digest) && digest.Hex == hex
            && (dot < 0 || name[dot..] is { Length: <= MostExtension } extension && extension.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_'));
    }
}
