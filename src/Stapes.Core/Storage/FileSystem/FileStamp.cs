using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// Tells one content under a file's name from the next without reading it: another file has another number, and a write changes the
/// times, also one that sets the time of the modification back.
/// </summary>
public readonly record struct FileStamp(ulong Number, long Size, long ModifiedSeconds, uint ModifiedNanoseconds, long ChangedSeconds, uint ChangedNanoseconds)
{
    private const int StatusSize = 256;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>The stamp of a regular file, links followed; null when there is none under that name.</summary>
    public static FileStamp? TryOf(string path)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        return Posix.TryStatus(path, status) && (MemoryMarshal.Read<ushort>(status[28..]) & TypeMask) == RegularFile ? Read(status) : null;
    }

    /// <summary>The stamp of an open file, whatever its name is by now.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static FileStamp Of(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        Posix.Status(file, status);
        return Read(status);
    }

    private static FileStamp Read(ReadOnlySpan<byte> status) => new(
        MemoryMarshal.Read<ulong>(status[32..]), MemoryMarshal.Read<long>(status[40..]),
        MemoryMarshal.Read<long>(status[112..]), MemoryMarshal.Read<uint>(status[120..]),
        MemoryMarshal.Read<long>(status[96..]), MemoryMarshal.Read<uint>(status[104..]));
}
