using System.Globalization;
using System.Text.Json.Nodes;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Tells in an operation's metadata how far a transfer is: <c>download_progress</c> for people, which the Incus client shows, and
/// <c>progress</c> for programs. Source: Incus, <c>internal/server/operations/util.go</c>.
/// </summary>
/// <param name="operation">The operation.</param>
/// <param name="stage">The first word of the text's name; it ends with <c>_progress</c>.</param>
/// <param name="total">Bytes; 0 when nobody knows.</param>
/// <param name="time">The clock.</param>
internal sealed class TransferProgress(Operation operation, string stage, long total, TimeProvider time)
{
    /// <summary>Each change is told to all listeners: not more often than people read.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly long started = time.GetTimestamp();
    private long told;
    private long done;

    /// <param name="bytes">Of the next piece; less than zero when some have to come again.</param>
    public void Add(long bytes)
    {
        lock (gate)
        {
            done += bytes;
            if (told != 0 && time.GetElapsedTime(told) < Pause)
                return;
            told = time.GetTimestamp();
            var speed = (long)(done / Math.Max(0.001, time.GetElapsedTime(started).TotalSeconds));
            var percent = total > 0 ? Math.Min(100, done * 100 / total) : 0;
            operation.SetMetadata(
                ($"{stage}_progress", JsonValue.Create(total > 0 ? $"{percent}% ({DecimalSize.Of(speed)}/s)" : $"{DecimalSize.Of(done)} ({DecimalSize.Of(speed)}/s)")),
                ("progress", new JsonObject
                {
                    ["stage"] = stage,
                    [total > 0 ? "percent" : "processed"] = (total > 0 ? percent : done).ToString(CultureInfo.InvariantCulture),
                    ["speed"] = speed.ToString(CultureInfo.InvariantCulture),
                }));
        }
    }
}
