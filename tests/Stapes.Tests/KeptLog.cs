using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Stapes.Tests;

/// <summary>Keeps what is logged, as lines that can be read meanwhile.</summary>
internal sealed class KeptLog : ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue(formatter(state, exception));
}
