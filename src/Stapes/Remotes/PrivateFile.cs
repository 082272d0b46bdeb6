using System.Text;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Remotes;

/// <summary>Small files that are replaced as a whole, and never readable to others, not even for a moment, unless they may be.</summary>
internal static class PrivateFile
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Directories = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes a file; one writer at a time.</summary>
    public static void Write(string path, string content, UnixFileMode mode = OwnerOnly)
    {
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory, Directories);
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        DurableDirectory.Flush(directory);
    }
}
