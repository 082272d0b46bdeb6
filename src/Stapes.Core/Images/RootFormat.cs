namespace Stapes.Core.Images;

/// <summary>In which form the root file system or disk of a split image comes.</summary>
public enum RootFormat
{
    /// <summary>A SquashFS 4.0 file system: a container.</summary>
    Squashfs,

    /// <summary>A tarball, of any compression: a container.</summary>
    Tarball,

    /// <summary>A qcow2 disk: a virtual machine.</summary>
    Qcow2,
}
