namespace Stapes.Output;

/// <summary>How many bytes there are to read, for progress; 0 where that cannot be known, never an error.</summary>
internal static class FileSize
{
    public static long Of(params IEnumerable<string?> paths) => paths.Sum(static p => p is not null && new FileInfo(p) is { Exists: true } file ? file.Length : 0);

    public static long OfDirectory(string path) => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true }).Sum(static f => f.Length)
        : 0;
}
