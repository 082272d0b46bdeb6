namespace Stapes.Protocols.Oci.Images;

/// <summary>What an application image may ask of whoever turns its layers into a root file system: anybody can push one.</summary>
public sealed record ConversionLimits
{
    /// <summary>Entries of all layers together, and directories that only their paths name. Each takes some 300 bytes of memory while the image is converted.</summary>
    public int Entries { get; init; } = 500_000;

    /// <summary>Bytes of all layers together when they are not compressed, and of the files that they make, holes included.</summary>
    public long Bytes { get; init; } = 64L << 30;

    /// <summary>How many bytes one of a compressed layer may become, beyond the first 64 MiB.</summary>
    public long Ratio { get; init; } = 1000;

    /// <summary>Bytes of all names, link targets and extended attributes together: they are held in memory.</summary>
    public long NameBytes { get; init; } = 48 << 20;

    /// <summary>Steps from one directory to the next, for all paths together: links can make short paths long.</summary>
    public long Steps { get; init; } = 100_000_000;

    /// <summary>The length of a path, as Linux has it (PATH_MAX).</summary>
    public int PathLength { get; init; } = 4095;
}
