namespace Stapes.Core.Storage;

/// <summary>Turns the system's failures into Stapes' own.</summary>
internal static class StorageFaults
{
    // The numbers of Linux: .NET hands them on as they are.
    private const int FileTooLarge = 27;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    public static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <param name="e">What the system said.</param>
    /// <param name="what">What was to be done, as in "write /srv/x".</param>
    public static StapesException From(Exception e, string what) => e.HResult switch
    {
        NoSpace or QuotaExceeded => new(ErrorKind.Full, $"Could not {what}: no space is left there; free some space and try again", e),
        FileTooLarge => new(ErrorKind.Full, $"Could not {what}: the file is larger than the file system or `ulimit -f` allows", e),
        _ => new(ErrorKind.Unavailable, $"Could not {what}: {e.Message.ReplaceLineEndings(" ")}; check the disk and its permissions", e),
    };
}
