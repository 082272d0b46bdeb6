namespace Stapes.Core.Transfers;

/// <summary>
/// Is told that a file begins to move. Called from any thread. Where such a delegate may be null, nobody wants to know.
/// </summary>
/// <param name="part">What the file is of its image, in a few characters: "metadata", "rootfs", "layer 0123456789ab".</param>
/// <param name="size">Its bytes; null when nobody said.</param>
/// <returns>Is told how it goes on; disposed when the file moves no more.</returns>
public delegate FileProgress TransferWatch(string part, long? size);

/// <summary>Is told how a file moves. Called from any thread.</summary>
/// <param name="add">Is told the bytes of each piece.</param>
/// <param name="end">Is told that the file moves no more.</param>
/// <param name="say">Is told what a server says of work that it does by itself.</param>
public sealed class FileProgress(Action<long> add, Action? end = null, Action<string>? say = null) : IDisposable
{
    /// <summary>Nobody wants to know.</summary>
    public static FileProgress Unwatched { get; } = new(static _ => { });

    /// <summary>Watches only how many bytes there are of all files together.</summary>
    public static TransferWatch Sum(Action<long> add) => (_, _) => new(add);

    /// <param name="bytes">Of the next piece; less than zero when some have to come again, also after the end.</param>
    public void Add(long bytes) => add(bytes);

    /// <param name="text">How far a server is, in its own words.</param>
    public void Say(string text) => say?.Invoke(text);

    public void Dispose() => end?.Invoke();
}

public static class TransferWatches
{
    extension(TransferWatch? watch)
    {
        /// <summary>Begins a file, also where nobody watches.</summary>
        public FileProgress Begin(string part, long? size) => watch?.Invoke(part, size) ?? FileProgress.Unwatched;
    }
}
