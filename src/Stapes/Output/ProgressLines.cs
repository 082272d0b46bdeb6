using System.Diagnostics;
using Stapes.Core.Transfers;

namespace Stapes.Output;

/// <summary>
/// The last lines of a terminal: one for each file that is on its way, with rate and time left, as long as it is. They go when it is there, when it
/// fails, and when the user ends the program. Nothing but what ECMA-48 has is sent to the terminal: cursor up, and erasing.
/// </summary>
internal sealed class ProgressLines
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Those that are shown now; a program has one terminal.</summary>
    private static ProgressLines? shown;

    private readonly TextWriter terminal;
    private readonly Lock gate = new();
    private readonly List<MovingFile> files = [];
    private readonly char bar = Console.OutputEncoding.WebName == "utf-8" ? '━' : '=';
    private int drawn;

    private ProgressLines(TextWriter terminal) => this.terminal = terminal;

    /// <param name="isQuiet">No lines.</param>
    /// <param name="work">Gets where lines can be shown; null where there is no terminal, or none are wanted.</param>
    public static async Task<T> RunAsync<T>(bool isQuiet, Func<ProgressLines?, Task<T>> work)
    {
        if (isQuiet || Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
            return await work(null);
        var lines = shown = new(Console.Error);
        var timer = new Timer(_ => lines.Draw(), null, Pause, Pause);
        try
        {
            return await work(lines);
        }
        finally
        {
            await timer.DisposeAsync();
            shown = null;
            lines.Clear();
        }
    }

    /// <summary>Writes a line that stays: above those of files, where there are any.</summary>
    public static void WriteAbove(TextWriter errors, string line)
    {
        if (shown is { } lines)
            lines.WriteAbove(line);
        else
            errors.WriteLine(line);
    }

    /// <param name="verb">What is being done.</param>
    /// <param name="name">With what; may be empty.</param>
    public TransferWatch Watch(string verb, string name) => (part, size) =>
    {
        var file = new MovingFile(new(verb, name, part, size));
        lock (gate)
            files.Add(file);
        return new(file.Add, () => Remove(file), file.Say);
    };

    private void Remove(MovingFile file)
    {
        lock (gate)
            files.Remove(file);
    }

    private void Draw()
    {
        lock (gate)
        {
            var (width, height) = (Console.WindowWidth, Console.WindowHeight);
            // In the last column terminals wrap, some of them; and what has gone off the screen cannot be drawn again.
            var lines = files.Where(static f => f.IsMoving).Select(f => f.Format(Math.Max(1, width - 1), bar)).Take(Math.Max(1, height - 1)).ToList();
            if (lines.Count == 0 && drawn == 0)
                return;
            // The cursor waits at the start: what the terminal writes by itself, as ^C, must not wrap a full line.
            terminal.Write($"\r{string.Join("\e[K\r\n", lines)}\e[J\r{(lines.Count > 1 ? $"\e[{lines.Count - 1}A" : "")}");
            drawn = lines.Count;
        }
    }

    private void WriteAbove(string line)
    {
        lock (gate)
        {
            Clear();
            terminal.WriteLine(line);
            Draw();
        }
    }

    private void Clear()
    {
        lock (gate)
        {
            if (drawn > 0)
                terminal.Write("\r\e[J");
            drawn = 0;
        }
    }

    /// <summary>A file, and how fast it moves.</summary>
    private sealed class MovingFile(ProgressLine line)
    {
        /// <summary>The rate of the last seconds counts: a file that was half there when it began tells nothing of the rate.</summary>
        private const double Memory = 3;

        private long done;
        private long lookedAt = Stopwatch.GetTimestamp();
        private long doneThen;
        private double? speed;

        /// <summary>A file that is there already, and a server that says nothing, get no line.</summary>
        public bool IsMoving => line.Said is not null || (Interlocked.Read(ref done) is > 0 and var now && now < (line.Size ?? long.MaxValue));

        public void Add(long bytes) => Interlocked.Add(ref done, bytes);

        public void Say(string text) => line.Said = text;

        public string Format(int width, char bar)
        {
            var (now, count) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref done));
            var seconds = Stopwatch.GetElapsedTime(lookedAt, now).TotalSeconds;
            if (seconds > 0)
            {
                var latest = Math.Max(0, count - doneThen) / seconds;
                speed = speed is { } before ? before + ((latest - before) * (1 - Math.Exp(-seconds / Memory))) : latest;
                (lookedAt, doneThen) = (now, count);
            }

            var left = line.Size is { } size && speed >= 1 ? TimeSpan.FromSeconds((size - count) / speed.Value) : (TimeSpan?)null;
            return line.Format(width, count, speed, left, bar);
        }
    }
}
