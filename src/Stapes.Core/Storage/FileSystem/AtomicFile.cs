namespace Stapes.Core.Storage.FileSystem;

/// <summary>Replaces small files as a whole: a reader, also one after a power cut, sees the old bytes or the new.</summary>
public static class AtomicFile
{
    /// <param name="path">The file; its directory exists. The caller flushes that directory once all its files are in place.</param>
    /// <param name="content">The new bytes.</param>
    /// <param name="staging">The directory for the temporary file, on the same file system.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, string staging)
    {
        using var staged = StagedFile.Create(staging);
        staged.Content.Write(content);
        staged.Flush();
        staged.MoveTo(path);
    }
}
