namespace Stapes.Core.Images;

/// <summary>
/// An entry of a tar archive. Names are bytes, in whatever encoding: here every character stands for one byte (ISO 8859-1), so that all of
/// them survive and compare as the bytes do.
/// </summary>
public sealed record TarMember
{
    /// <summary>The path as written.</summary>
    public required string Name { get; init; }

    /// <summary>The type flag: <c>0</c> a file, <c>1</c> a hard link, <c>2</c> a symbolic link, <c>3</c> and <c>4</c> devices, <c>5</c> a directory, <c>6</c> a fifo.</summary>
    public required char Type { get; init; }

    /// <summary>The length of its data in the archive, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The length of the file that the data makes: larger than <see cref="Size"/> where a sparse file has holes.</summary>
    public long Length { get; init; }

    public string LinkName { get; init; } = "";

    /// <summary>The permission bits, those of setuid, setgid and sticky included; nothing of the type.</summary>
    public int Mode { get; init; }

    public long UserId { get; init; }

    public long GroupId { get; init; }

    /// <summary>In seconds since 1970, rounded down; may be negative.</summary>
    public long ModifiedAt { get; init; }

    public long DeviceMajor { get; init; }

    public long DeviceMinor { get; init; }

    /// <summary>Extended attributes by name (SCHILY.xattr records), in the order of the archive.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes { get; init; } = [];

    public bool IsFile => Type is '0' or '\0' or '7' or 'S';
}
