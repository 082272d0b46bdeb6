#pragma warning disable MA0025 // The bodies follow.
namespace Stapes.Core.Library;

/// <summary>The directory that holds all state of a server on one machine.</summary>
public static class DataDirectory
{
    /// <summary>Opens the library of a data directory, which is made when it is missing. Only one process at a time can have it open.</summary>
    /// <exception cref="StapesException">Conflict: another process has it open. Unavailable: it cannot be written, or is damaged.</exception>
    public static Task<ImageLibrary> OpenLibraryAsync(string path, LibraryOptions options, CancellationToken cancellation) =>
        throw new NotImplementedException();
}
