namespace Stapes.Protocols.Oci.Images;

/// <summary>A file, directory or node of the root file system, whatever names lead to it.</summary>
internal sealed class RootInode
{
    /// <summary>As in a tar header: <c>0</c> a file, <c>2</c> a symbolic link, <c>3</c> and <c>4</c> devices, <c>5</c> a directory, <c>6</c> a fifo.</summary>
    public required char Type { get; init; }

    public int Mode { get; set; }

    public uint UserId { get; set; }

    public uint GroupId { get; set; }

    /// <summary>In seconds since 1970, as many as squashfs can hold.</summary>
    public uint ModifiedAt { get; set; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes { get; set; } = [];

    /// <summary>Where a symbolic link leads to.</summary>
    public string LinkTarget { get; init; } = "";

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>Bytes of a file.</summary>
    public long Length { get; init; }

    /// <summary>The layer that has the bytes, by its place in the image.</summary>
    public int Layer { get; init; }

    /// <summary>Which entry of the layer that is.</summary>
    public int Entry { get; init; }

    /// <summary>The names of a file that is still there: set when all layers have been applied.</summary>
    public List<RootNode>? Names { get; set; }

    public bool IsDirectory => Type is '5';

    public bool IsSymbolicLink => Type is '2';

    public bool IsFile => Type is '0';
}
