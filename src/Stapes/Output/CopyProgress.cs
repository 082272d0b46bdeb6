using System.Collections.Concurrent;
using Spectre.Console;
using Stapes.Core.Remotes;

namespace Stapes.Output;

/// <summary>Bars for copies on the terminal, one for each that is on its way, with rate and time left; a line for each that fails.</summary>
internal sealed class CopyProgress : ICopyWatcher
{
    private readonly TextWriter errors;
    private readonly Func<CopyResult, string>? describe;
    private readonly ConcurrentDictionary<CopyItem, ProgressTask> bars = new(ReferenceEqualityComparer.Instance);
    private ProgressContext? context;
    private IAnsiConsole? console;

    /// <param name="errors">Where failures are told.</param>
    /// <param name="describe">The line of one that failed; null when the caller tells it.</param>
    public CopyProgress(TextWriter errors, Func<CopyResult, string>? describe)
    {
        this.errors = errors;
        this.describe = describe;
    }

    /// <param name="isQuiet">No bars.</param>
    /// <param name="work">The copies, which tell this how they go.</param>
    public Task<T> RunAsync<T>(bool isQuiet, Func<Task<T>> work)
    {
        if (isQuiet || Console.IsErrorRedirected)
            return work();
        console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        return TransferProgress.Bars(console).StartAsync(started =>
        {
            context = started;
            return work();
        });
    }

    public Action<long>? Begins(CopyItem item, CopyStage stage)
    {
        if (context is null)
            return null;
        var title = Markup.Escape($"{(stage is CopyStage.Fetching ? "Fetching" : "Sending")} {item.Name ?? item.Image.Fingerprint.Hex[..12]}");
        // Nothing but the bytes that come tells how many there are where the remote does not say.
        ProgressTask? bar = null;
        return bytes =>
        {
            bar ??= Show(item, title);
            bar.Increment(bytes);
            if (bar.MaxValue < bar.Value)
                bar.MaxValue = bar.Value;
        };
    }

    public void Ended(CopyResult result)
    {
        if (bars.TryRemove(result.Item, out var bar))
            bar.StopTask();
        if (result.Failure is null || describe is null)
            return;
        if (console is null)
            errors.WriteLine(describe(result));
        else
            console.WriteLine(describe(result));
    }

    private ProgressTask Show(CopyItem item, string title)
    {
        if (bars.TryRemove(item, out var before))
            before.StopTask();
        return bars[item] = context!.AddTask(title, maxValue: Math.Max(1, item.Image.Size));
    }
}
