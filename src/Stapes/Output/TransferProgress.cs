using Stapes.Core.Transfers;

namespace Stapes.Output;

/// <summary>A line of progress on the terminal for long work with files that are here; nothing when the work is short.</summary>
internal static class TransferProgress
{
    /// <summary>Less than this many bytes are done before a line could be read.</summary>
    private const long Long = 64 << 20;

    /// <param name="title">What is being done.</param>
    /// <param name="total">Bytes to come, about.</param>
    /// <param name="work">Gets what to tell the number of bytes of each piece to; null when nobody listens.</param>
    public static Task<T> RunAsync<T>(string title, long total, Func<Action<long>?, Task<T>> work) => ProgressLines.RunAsync(total < Long, async lines =>
    {
        if (lines is null)
            return await work(null);
        using var line = lines.Watch(title, "").Begin("", total);
        return await work(line.Add);
    });
}
