using System.Text.RegularExpressions;

namespace Stapes.Protocols.Oci.Server;

/// <summary>What a path of the registry leads to.</summary>
internal enum RegistryResource
{
    Unknown,
    Version,
    Token,
    Repositories,
    Tags,
    Manifest,
    Blob,
    Uploads,
    Upload,
    Referrers,
}

/// <summary>
/// A path below <c>/v2/</c>. Names have slashes, so that it is read from its end.
/// Source: OCI distribution-spec 1.1, «Endpoints», «Pulling manifests».
/// </summary>
/// <param name="Resource">What it leads to.</param>
/// <param name="Name">The repository; not checked yet.</param>
/// <param name="Reference">The tag, digest or upload; not checked yet.</param>
internal readonly partial record struct RegistryPath(RegistryResource Resource, string Name = "", string Reference = "")
{
    public const string Root = Segment + "/";

    public const string Segment = "/v2";

    /// <summary>Where tokens are given.</summary>
    public const string Token = Root + "token";

    /// <summary>As Docker's registry has it: clients refuse longer ones together with the host.</summary>
    private const int LongestName = 255;

    /// <param name="path">What follows <c>/v2/</c>, percent-decoded.</param>
    public static RegistryPath Parse(string path)
    {
        switch (path)
        {
            case "":
                return new(RegistryResource.Version);
            case "token":
                return new(RegistryResource.Token);
            case "_catalog":
                return new(RegistryResource.Repositories);
        }

        if (path.EndsWith("/blobs/uploads", StringComparison.Ordinal))
            path += '/';
        var last = path.LastIndexOf('/');
        if (last < 0)
            return default;
        var (rest, reference) = (path[..last], path[(last + 1)..]);
        return rest.LastIndexOf('/') is not (> 0 and var slash) ? default : rest[(slash + 1)..] switch
        {
            "tags" when reference is "list" => new(RegistryResource.Tags, rest[..slash]),
            "manifests" => new(RegistryResource.Manifest, rest[..slash], reference),
            "referrers" => new(RegistryResource.Referrers, rest[..slash], reference),
            "blobs" => new(RegistryResource.Blob, rest[..slash], reference),
            "uploads" when rest[..slash].EndsWith("/blobs", StringComparison.Ordinal) =>
                new(reference is "" ? RegistryResource.Uploads : RegistryResource.Upload, rest[..(slash - "/blobs".Length)], reference),
            _ => default,
        };
    }

    public static bool IsName(string text) => text.Length <= LongestName && NamePattern().IsMatch(text);

    public static bool IsTag(string text) => text.Length <= 128 && TagPattern().IsMatch(text);

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TagPattern();
}
