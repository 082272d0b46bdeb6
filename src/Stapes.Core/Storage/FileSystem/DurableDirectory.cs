namespace Stapes.Core.Storage.FileSystem;

/// <summary>Directories whose names must survive a power cut.</summary>
public static class DurableDirectory
{
    /// <summary>Writes the names in a directory to the disk: files made, renamed or deleted in it stay so.</summary>
    public static void Flush(string path) => Posix.FlushDirectory(path);
}
