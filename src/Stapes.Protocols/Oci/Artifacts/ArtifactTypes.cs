using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Artifacts;

/// <summary>The media types of a system image or virtual machine that is kept in a registry; docs/oci.md tells of them.</summary>
public static class ArtifactTypes
{
    public const string Image = "application/vnd.stapes.image.v1";
    public const string Config = "application/vnd.stapes.image.config.v1+json";
    public const string Metadata = "application/vnd.stapes.image.metadata.v1.tar";
    public const string Unified = "application/vnd.stapes.image.unified.v1.tar";
    public const string Squashfs = "application/vnd.stapes.image.rootfs.v1.squashfs";
    public const string Tarball = "application/vnd.stapes.image.rootfs.v1.tar";
    public const string Qcow2 = "application/vnd.stapes.image.disk.v1.qcow2";

    public static string OfRoot(RootFormat format) => format switch
    {
        RootFormat.Squashfs => Squashfs,
        RootFormat.Tarball => Tarball,
        RootFormat.Qcow2 => Qcow2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, message: null),
    };

    public static bool IsRoot(string? mediaType) => mediaType is Squashfs or Tarball or Qcow2;
}
