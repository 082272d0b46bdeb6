using Stapes.Core;

namespace Stapes.Protocols.Oci.Server;

/// <summary>A failure in the words of the specification. Source: OCI distribution-spec 1.1, «Error Codes».</summary>
internal sealed class RegistryException(int status, string code, string message) : StapesException(ErrorKind.Invalid, message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>What it is about; one error for each of them.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    /// <summary>What the caller would need a token for (WWW-Authenticate); null where none would help.</summary>
    public string? Challenge { get; init; }

    public static RegistryException NameInvalid(string name) => new(400, "NAME_INVALID",
        $"\"{Shorten(name)}\" is no name of a repository: use lower-case letters, digits, single separators (. _ __ -) and slashes, at most 255");

    public static RegistryException NameUnknown(string name) => new(404, "NAME_UNKNOWN",
        $"There is no repository {name}: push something to it, or log in if it is private") { Details = [name] };

    public static RegistryException DigestInvalid(string digest) => new(400, "DIGEST_INVALID",
        $"\"{Shorten(digest)}\" is no digest: write sha256: with 64 or sha512: with 128 lower-case hexadecimal digits");

    public static RegistryException BlobUnknown(string digest) => new(404, "BLOB_UNKNOWN",
        $"The repository has no blob {digest}") { Details = [digest] };

    public static RegistryException ManifestUnknown(string reference) => new(404, "MANIFEST_UNKNOWN",
        $"The repository has no manifest {Shorten(reference)}: list its tags to see which there are") { Details = [Shorten(reference)] };

    public static RegistryException ManifestInvalid(string why) => new(400, "MANIFEST_INVALID", $"The manifest is not valid: {why}");

    public static RegistryException UploadInvalid(string why) => new(400, "BLOB_UPLOAD_INVALID", why);

    public static RegistryException Unsupported(string what) => new(405, "UNSUPPORTED", what);

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
