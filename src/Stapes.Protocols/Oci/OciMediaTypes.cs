namespace Stapes.Protocols.Oci;

/// <summary>Names of what a registry holds. Sources: OCI image-spec 1.1, «Media Types»; Docker, «Image Manifest V 2, Schema 2».</summary>
public static class OciMediaTypes
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string ImageConfig = "application/vnd.oci.image.config.v1+json";
    public const string Empty = "application/vnd.oci.empty.v1+json";

    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerImageConfig = "application/vnd.docker.container.image.v1+json";

    public static bool IsIndex(string? mediaType) => mediaType is Index or DockerManifestList;

    public static bool IsManifest(string? mediaType) => mediaType is Manifest or DockerManifest;

    /// <summary>Whether a configuration of that type is one of an application image.</summary>
    public static bool IsImageConfig(string? mediaType) => mediaType is ImageConfig or DockerImageConfig;

    /// <summary>Whether a layer of that type may be left out of a registry, because its licence forbids to pass it on.</summary>
    public static bool IsForeignLayer(string? mediaType) => IsLayer(mediaType)
        && (mediaType!.Contains(".nondistributable.", StringComparison.Ordinal) || mediaType.Contains(".foreign.", StringComparison.Ordinal));

    /// <summary>Whether a layer of that type is a tarball that changes a root file system; how it is compressed, its content tells.</summary>
    public static bool IsLayer(string? mediaType) => mediaType is
        "application/vnd.oci.image.layer.v1.tar" or
        "application/vnd.oci.image.layer.v1.tar+gzip" or
        "application/vnd.oci.image.layer.v1.tar+zstd" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip" or
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" or
        "application/vnd.docker.image.rootfs.diff.tar" or
        "application/vnd.docker.image.rootfs.diff.tar.gzip" or
        "application/vnd.docker.image.rootfs.diff.tar.zstd" or
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
}
