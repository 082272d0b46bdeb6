using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Stapes.Hosting;

/// <summary>
/// Logs to standard error: the time and level on a terminal, the journal's priority prefix (sd-daemon(3)) where systemd reads. A message
/// is one line whatever is in it: control characters are shown as escapes, so that no request can forge a line.
/// </summary>
internal sealed class LineLoggerProvider(TextWriter output, LogLevel least, bool forJournal) : ILoggerProvider
{
    private readonly TextWriter output = TextWriter.Synchronized(output);

    /// <summary>To standard error, in the form for whoever reads it.</summary>
    public static LineLoggerProvider ForStandardError(LogLevel least) =>
        new(Console.Error, least, Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 });

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName.StartsWith("Stapes", StringComparison.Ordinal));

    public void Dispose()
    {
    }

    private void Write(LogLevel level, string message, Exception? exception)
    {
        var prefix = forJournal
            ? $"<{Priority(level)}>"
            : string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {Name(level)} ");
        var text = new StringBuilder(prefix);
        AppendEscaped(text, message);
        foreach (var line in exception?.ToString().Split('\n') ?? [])
        {
            text.Append('\n').Append(prefix).Append("  ");
            AppendEscaped(text, line);
        }

        output.WriteLine(text.ToString());
    }

    private static void AppendEscaped(StringBuilder text, string line)
    {
        foreach (var c in line)
        {
            // Some readers take these separators of Unicode for the end of a line.
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                text.Append(c);
        }
    }

    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warn ",
        LogLevel.Information => "info ",
        _ => "debug",
    };

    /// <summary>The framework has its say only about what goes wrong, unless everything is wanted.</summary>
    private sealed class LineLogger(LineLoggerProvider provider, bool isOurs) : ILogger
    {
        private readonly LogLevel least = isOurs || provider.Least <= LogLevel.Trace
            ? provider.Least
            : (LogLevel)Math.Max((int)provider.Least, (int)LogLevel.Warning);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                provider.Write(logLevel, formatter(state, exception), exception);
        }
    }

    private LogLevel Least => least;
}
