using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Stapes.Hosting;

/// <summary>What the server counts, and what others have it show. Safe for use from everywhere at once.</summary>
internal sealed class ServerMetrics
{
    private readonly ConcurrentDictionary<(string Protocol, int Status), StrongBox<long>> requests = new();
    private readonly ConcurrentQueue<Gauge> gauges = new();
    private long sentBytes;
    private long connections;
    private long running;

    /// <summary>Finished requests by protocol and status.</summary>
    public IEnumerable<((string Protocol, int Status) Key, long Count)> Requests => requests.Select(r => (r.Key, Interlocked.Read(ref r.Value.Value)));

    /// <summary>Bytes of response bodies, without headers and TLS.</summary>
    public long SentBytes => Interlocked.Read(ref sentBytes);

    public long Connections => Interlocked.Read(ref connections);

    public long RunningRequests => Interlocked.Read(ref running);

    public IEnumerable<Gauge> Gauges => gauges;

    /// <summary>Shows a number that somebody else knows, such as how many images there are.</summary>
    /// <param name="name">As Prometheus wants it: <c>stapes_images</c>.</param>
    /// <param name="help">One line.</param>
    /// <param name="read">Quick, and safe to call at any moment. A StapesException leaves the number out.</param>
    public void AddGauge(string name, string help, Func<CancellationToken, ValueTask<double>> read) => gauges.Enqueue(new(name, help, read));

    public void ConnectionOpened() => Interlocked.Increment(ref connections);

    public void ConnectionClosed() => Interlocked.Decrement(ref connections);

    public void RequestStarted() => Interlocked.Increment(ref running);

    public void RequestFinished(string protocol, int status, long bytes)
    {
        Interlocked.Decrement(ref running);
        Interlocked.Add(ref sentBytes, bytes);
        Interlocked.Increment(ref requests.GetOrAdd((protocol, status), static _ => new()).Value);
    }
}

/// <summary>A number that is read when somebody asks.</summary>
internal sealed record Gauge(string Name, string Help, Func<CancellationToken, ValueTask<double>> Read);
