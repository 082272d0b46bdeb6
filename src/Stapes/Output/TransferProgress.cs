using Spectre.Console;

namespace Stapes.Output;

/// <summary>A progress bar on the terminal for long work; nothing when the error stream is no terminal, or the work is short.</summary>
internal static class TransferProgress
{
    /// <summary>Less than this many bytes are done before a bar could be read.</summary>
    private const long Long = 64 << 20;

    /// <param name="title">What is being done.</param>
    /// <param name="total">Bytes to come, about.</param>
    /// <param name="work">Gets what to tell the number of bytes of each piece to; null when nobody listens.</param>
    public static Task<T> RunAsync<T>(string title, long total, Func<Action<long>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected || total < Long)
            return work(null);

        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        return Bars(console).StartAsync(context =>
        {
            var bar = context.AddTask(title, maxValue: total);
            return work(bytes => bar.Increment(bytes));
        });
    }

    /// <summary>Bars of files, which go when their work is done.</summary>
    public static Progress Bars(IAnsiConsole console) => console.Progress()
        .AutoClear(true)
        .HideCompleted(true)
        .Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn());
}
