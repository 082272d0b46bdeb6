using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>Files without a name that lie in memory, for what the system takes from files only.</summary>
public static class MemoryFile
{
    /// <exception cref="IOException">The system has no memory or no descriptor left.</exception>
    public static SafeFileHandle Create(ReadOnlySpan<byte> content)
    {
        var file = Posix.CreateMemoryFile("stapes");
        try
        {
            RandomAccess.Write(file, content, 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
