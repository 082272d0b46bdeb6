using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>The few calls of the C library that .NET has no name for. Each throws <see cref="IOException"/> with the system's message.</summary>
internal static partial class Posix
{
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int LockRelease = 8;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int OpenReadOnly = 0;
    private const int OpenWriteOnly = 1;
    private const int OpenCloseOnExec = 0x80000;
    private const uint SyncRangeWrite = 2;
    private const uint CloseOnExec = 1;
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const uint BasicStatus = 0x7ff;

    /// <summary>Set in Directory.Build.props: without it .NET locks every file that it opens, which gets in the way of our own locks.</summary>
    private const string NoOtherLocks = "System.IO.DisableFileLocking";

    /// <summary>Takes an advisory lock of the whole file; false when <paramref name="wait"/> is false and another process holds it.</summary>
    public static bool Lock(SafeFileHandle file, bool exclusive, bool wait)
    {
        if (!AppContext.TryGetSwitch(NoOtherLocks, out var disabled) || !disabled)
            throw new InvalidOperationException($"This program was built without {NoOtherLocks}, which locks need");
        var operation = (exclusive ? LockExclusive : LockShared) | (wait ? 0 : LockNonBlocking);
        while (flock(file, operation) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
                return false;
            if (error != Interrupted)
                throw Failure("lock the file", error);
        }

        return true;
    }

    /// <summary>
    /// Gives up a lock at once. Closing the file does that only with the last copy of its descriptor, and a process that is being started
    /// has one for a moment (flock(2)).
    /// </summary>
    public static void Unlock(SafeFileHandle file) => _ = flock(file, LockRelease);

    /// <summary>A file in memory. Its name is only shown by the system.</summary>
    public static SafeFileHandle CreateMemoryFile(string name)
    {
        var descriptor = memfd_create(name, CloseOnExec);
        return descriptor >= 0
            ? new(descriptor, ownsHandle: true)
            : throw Failure("make a file in memory", Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes the names in a directory survive a power cut.</summary>
    public static void FlushDirectory(string path)
    {
        var descriptor = open(path, OpenReadOnly | OpenCloseOnExec);
        if (descriptor < 0)
            throw Failure($"open the directory {path}", Marshal.GetLastPInvokeError());
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (fsync(handle) != 0)
            throw Failure($"flush the directory {path}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Asks the kernel to start writing a range to the disk now, so that a later flush is short; a length of 0 reaches to the end. Best effort.</summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length) =>
        _ = sync_file_range(file, offset, length, SyncRangeWrite);

    /// <summary>
    /// Opens a file for writing past the page cache (open(2), O_DIRECT); null where the file system does not have that. Addresses of
    /// memory, offsets and lengths must be multiples of the device's blocks.
    /// </summary>
    public static SafeFileHandle? TryOpenDirect(string path)
    {
        // The kernel's <fcntl.h> of each architecture; ARM has a number of its own.
        int direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;
        var descriptor = open(path, OpenWriteOnly | OpenCloseOnExec | direct);
        return descriptor < 0 ? null : new(descriptor, ownsHandle: true);
    }

    /// <summary>Gives a file a second name; false where the file system or its rules do not allow that.</summary>
    public static bool TryLink(string existing, string name) => link(existing, name) == 0;

    /// <summary>The status of a file, links followed, as the kernel's <c>struct statx</c>, whose layout no architecture changes; false when there is none.</summary>
    public static bool TryStatus(string path, Span<byte> status) => statx(CurrentDirectory, path, 0, BasicStatus, status) == 0;

    /// <summary>The same of an open file.</summary>
    public static void Status(SafeFileHandle file, Span<byte> status)
    {
        if (statx(file, "", EmptyPath, BasicStatus, status) != 0)
            throw Failure("look at the file", Marshal.GetLastPInvokeError());
    }

    private static IOException Failure(string what, int error) =>
        new($"Could not {what}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string name);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle fd, long offset, long length, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(SafeFileHandle file, string path, int flags, uint mask, Span<byte> status);
}
