using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams;

/// <summary>The values of <c>ftype</c>. They are fixed names, whatever the compression of the file really is.</summary>
public static class FileTypes
{
    public const string IncusMetadata = "incus.tar.xz";
    public const string IncusUnified = "incus_combined.tar.gz";
    public const string LxdMetadata = "lxd.tar.xz";
    public const string LxdUnified = "lxd_combined.tar.gz";
    public const string Squashfs = "squashfs";
    public const string RootTarball = "root.tar.xz";
    public const string DiskKvm = "disk-kvm.img";
    public const string Uefi1 = "uefi1.img";
    public const string Disk1 = "disk1.img";

    /// <summary>Roots of split images, in the order in which clients prefer them.</summary>
    public static IReadOnlyList<string> Roots { get; } = [Squashfs, RootTarball, DiskKvm, Uefi1, Disk1];

    public static bool IsDisk(string? fileType) => fileType is DiskKvm or Uefi1 or Disk1;

    public static bool IsMetadata(string? fileType) => fileType is IncusMetadata or LxdMetadata;

    public static bool IsUnified(string? fileType) => fileType is IncusUnified or LxdUnified;

    /// <summary>The type under which a root of that form is listed.</summary>
    public static string OfRoot(RootFormat format) => format switch
    {
        RootFormat.Squashfs => Squashfs,
        RootFormat.Tarball => RootTarball,
        _ => DiskKvm,
    };

    /// <summary>The field of the metadata item that holds the fingerprint of the image with that root.</summary>
    public static string CombinedField(string rootFileType) => rootFileType switch
    {
        Squashfs => "combined_squashfs_sha256",
        RootTarball => "combined_rootxz_sha256",
        DiskKvm => "combined_disk-kvm-img_sha256",
        Uefi1 => "combined_uefi1-img_sha256",
        Disk1 => "combined_disk1-img_sha256",
        _ => throw new ArgumentOutOfRangeException(nameof(rootFileType), rootFileType, "No root of an image."),
    };
}

/// <summary>Whose names an item is listed under: Incus reads the <c>incus…</c> items, LXD the <c>lxd…</c> ones.</summary>
public enum Audience
{
    Incus,
    Lxd,
}

public static class AudienceFileTypes
{
    public static string MetadataType(this Audience audience) =>
        audience is Audience.Incus ? FileTypes.IncusMetadata : FileTypes.LxdMetadata;

    public static string UnifiedType(this Audience audience) =>
        audience is Audience.Incus ? FileTypes.IncusUnified : FileTypes.LxdUnified;
}
