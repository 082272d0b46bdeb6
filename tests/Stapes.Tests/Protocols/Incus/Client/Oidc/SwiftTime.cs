using System.Collections.Concurrent;

namespace Stapes.Tests.Protocols.Incus.Client.Oidc;

/// <summary>A clock on which whoever waits has waited at once.</summary>
internal sealed class SwiftTime : TimeProvider
{
    private DateTimeOffset now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How long was waited, each time.</summary>
    public ConcurrentQueue<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Enqueue(dueTime);
        now += dueTime;
        ThreadPool.QueueUserWorkItem(_ => callback(state));
        return new Rung();
    }

    private sealed class Rung : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose()
        {
            // Nothing runs any more.
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
