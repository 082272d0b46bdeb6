using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Stapes.Core;

namespace Stapes.Protocols.Oci.Client;

/// <summary>
/// What leads to an image of a registry: <c>REPOSITORY[:TAG][@DIGEST]</c>. With both, the digest counts. Source: OCI distribution-spec 1.1,
/// «Pulling manifests»; for docker.io, whose images without a directory are in <c>library/</c>, the Docker CLI.
/// </summary>
/// <param name="Repository">The repository.</param>
/// <param name="Reference">A tag or a digest.</param>
public sealed partial record ImageName(string Repository, string Reference)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public bool IsDigest => Reference.Contains(':', StringComparison.Ordinal);

    public static bool TryParse(string text, bool isDockerHub, [NotNullWhen(true)] out ImageName? name)
    {
        name = null;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var digest = at < 0 ? null : text[(at + 1)..];
        var rest = at < 0 ? text : text[..at];
        var colon = rest.LastIndexOf(':');
        var tag = colon < 0 ? null : rest[(colon + 1)..];
        var repository = colon < 0 ? rest : rest[..colon];
        // A fingerprint or an ID, which no client of registries takes for a name. Source: Docker distribution, reference, «ParseNormalizedNamed».
        if (repository.Length == 64 && !repository.AsSpan().ContainsAnyExcept(HexDigits))
            return false;
        if (isDockerHub && !repository.Contains('/', StringComparison.Ordinal))
            repository = $"library/{repository}";
        if (repository.Length > 255 || !RepositoryPattern().IsMatch(repository) || (tag is not null && !TagPattern().IsMatch(tag)) || (digest is not null && !OciDigest.TryParse(digest, out _)))
            return false;
        name = new(repository, digest ?? tag ?? "latest");
        return true;
    }

    /// <exception cref="StapesException">Invalid: it is no such name.</exception>
    public static ImageName Parse(string text, bool isDockerHub) => TryParse(text, isDockerHub, out var name)
        ? name
        : throw new StapesException(ErrorKind.Invalid, $"\"{text}\" names no image of a registry, which knows them by name or digest: write NAME:TAG or NAME@sha256:…, such as library/alpine:3.20");

    public override string ToString() => Repository + (IsDigest ? "@" : ":") + Reference;

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex TagPattern();
}
