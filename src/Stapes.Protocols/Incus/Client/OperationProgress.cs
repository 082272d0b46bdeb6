using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// What a server says of the work that it does: the field of an operation's metadata whose name ends with <c>_progress</c>, which the Incus
/// client shows too. Source: Incus documentation, «Main API», «Background operations».
/// </summary>
internal static class OperationProgress
{
    /// <summary>Servers tell of progress once a second.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private const string Suffix = "_progress";

    /// <summary>Asks from time to time, until it is told to end or nothing more can be had: whoever waits for the operation hears how it ended.</summary>
    public static async Task FollowAsync(IncusConnection connection, Uri operation, TransferWatch watch, CancellationToken end)
    {
        using var line = watch.Begin("", size: null);
        try
        {
            while (true)
            {
                await Task.Delay(Pause, end);
                var record = (await connection.GetAsync(operation, end)).As(IncusJsonContext.Default.OperationRecord);
                if (Find(record.Metadata) is { } text)
                    line.Say(text);
            }
        }
        catch (Exception e) when (e is StapesException or OperationCanceledException)
        {
            // The operation has ended, or the server does not answer: there is nothing to show.
        }
    }

    internal static string? Find(JsonObject? metadata)
    {
        foreach (var (name, value) in metadata ?? [])
        {
            if (name.EndsWith(Suffix, StringComparison.Ordinal) && value is JsonValue said && said.TryGetValue<string>(out var text))
                return text;
        }

        return null;
    }
}
