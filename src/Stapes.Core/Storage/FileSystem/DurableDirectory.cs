namespace Stapes.Core.Storage.FileSystem;

/// <summary>Directories whose names must survive a power cut.</summary>
public static class DurableDirectory
{
    /// <summary>Makes a directory, and those above it, where they are missing.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path))
            return;
        var parent = Path.GetDirectoryName(path);
        if (parent is not null)
            Create(parent);
        Directory.CreateDirectory(path);
        if (parent is not null)
            Flush(parent);
    }

    /// <summary>Writes the names in a directory to the disk: files made, renamed or deleted in it stay so.</summary>
    public static void Flush(string path) => Posix.FlushDirectory(path);
}
