using System.Security.Cryptography;
using System.Text.Json;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Server;

/// <summary>
/// Reads what a pushed manifest needs and is about. Its bytes are stored as they are. Sources: OCI image-spec 1.1, «Image Manifest»,
/// «Image Index»; Docker, «Image Manifest V 2, Schema 2».
/// </summary>
internal static class ManifestReader
{
    /// <summary>An index of referrers may be long; an image has some dozens of layers.</summary>
    private const int MostParts = 10_000;

    /// <param name="content">The bytes.</param>
    /// <param name="contentType">The media type that the client declares, without parameters; empty when it does not.</param>
    /// <param name="expected">The digest that they must have; null when they were pushed by tag.</param>
    /// <exception cref="RegistryException">MANIFEST_INVALID, DIGEST_INVALID.</exception>
    public static ManifestPush Read(ReadOnlyMemory<byte> content, string contentType, OciDigest? expected)
    {
        var digest = DigestOf(content.Span, expected);
        var manifest = Parse(content.Span);
        var mediaType = MediaTypeOf(manifest, contentType);
        var isIndex = OciMediaTypes.IsIndex(mediaType);
        if (isIndex ? manifest.Config is not null || manifest.Layers is not null : manifest.Manifests is not null)
            throw RegistryException.ManifestInvalid("it is an image and an index in one, so that clients would disagree on what it is");
        if (isIndex ? manifest.Manifests is null : manifest.Config is null || manifest.Layers is null)
            throw RegistryException.ManifestInvalid(isIndex ? "an index has a list `manifests`" : "an image or artifact has `config` and a list `layers`");
        IReadOnlyList<OciDescriptor?> blobs = isIndex ? [] : [manifest.Config, .. manifest.Layers!];
        if (blobs.Count + (manifest.Manifests?.Count ?? 0) > MostParts)
            throw RegistryException.ManifestInvalid($"it names more than {MostParts} blobs or manifests");
        return new()
        {
            Manifest = new(digest, mediaType, content),
            Blobs = [.. blobs.Select(PartOf).Distinct()],
            Manifests = [.. (manifest.Manifests ?? []).Select(PartOf).Distinct()],
            Subject = manifest.Subject is null ? null : PartOf(manifest.Subject).Digest,
            ArtifactType = manifest.ArtifactType is { Length: > 0 } type ? type : manifest.Config?.MediaType,
            Annotations = manifest.Annotations is null ? null : JsonSerializer.Serialize(manifest.Annotations, RegistryJson.Context.Annotations),
        };
    }

    private static string DigestOf(ReadOnlySpan<byte> content, OciDigest? expected)
    {
        var actual = expected is { IsSha256: false }
            ? "sha512:" + Convert.ToHexStringLower(SHA512.HashData(content))
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
        return expected is not { } digest || digest.ToString() == actual
            ? actual
            : throw new RegistryException(400, "DIGEST_INVALID", $"The manifest that arrived has the digest {actual}, not {digest}");
    }

    private static AnyManifest Parse(ReadOnlySpan<byte> content)
    {
        AnyManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(content, RegistryJson.Context.AnyManifest);
        }
        catch (JsonException e)
        {
            throw RegistryException.ManifestInvalid(e.Message.ReplaceLineEndings(" "));
        }

        return manifest switch
        {
            null => throw RegistryException.ManifestInvalid("it is null"),
            { SchemaVersion: 1 } => throw RegistryException.ManifestInvalid("it is of Docker's schema 1, which is obsolete: push it with a newer client"),
            { SchemaVersion: not 2 } => throw RegistryException.ManifestInvalid("its schemaVersion is not 2"),
            _ => manifest,
        };
    }

    private static string MediaTypeOf(AnyManifest manifest, string contentType)
    {
        var type = contentType switch
        {
            _ when manifest.MediaType is { Length: > 0 } own => contentType.Length == 0 || contentType == own
                ? own
                : throw RegistryException.ManifestInvalid($"its mediaType is {own}, but the Content-Type {contentType}"),
            "" => manifest.Manifests is null ? OciMediaTypes.Manifest : OciMediaTypes.Index,
            _ => contentType,
        };
        return OciMediaTypes.IsIndex(type) || OciMediaTypes.IsManifest(type)
            ? type
            : throw RegistryException.ManifestInvalid($"{type} is no media type of a manifest that this registry knows");
    }

    private static ManifestPart PartOf(OciDescriptor? descriptor)
    {
        if (descriptor is null || !OciDigest.TryParse(descriptor.Digest, out var digest))
            throw RegistryException.ManifestInvalid($"\"{descriptor?.Digest}\" is no digest");
        if (string.IsNullOrEmpty(descriptor.MediaType) || descriptor.Size < 0)
            throw RegistryException.ManifestInvalid($"the descriptor of {digest} has no mediaType, or a negative size");
        return new(digest.ToString(), descriptor.Size, descriptor.Urls is { Count: > 0 } && OciMediaTypes.IsForeignLayer(descriptor.MediaType));
    }
}
