using System.Collections.Concurrent;

namespace Stapes.Hosting;

/// <summary>Whether the server should be sent requests: from its start until it is told to stop, while everything it needs works.</summary>
internal sealed class Readiness
{
    private readonly ConcurrentQueue<Func<CancellationToken, ValueTask<string?>>> checks = new();
    private volatile bool serving;

    public void Start() => serving = true;

    public void Stop() => serving = false;

    /// <param name="check">What is wrong, in one line; null when nothing is. Quick, and safe to call at any moment.</param>
    public void AddCheck(Func<CancellationToken, ValueTask<string?>> check) => checks.Enqueue(check);

    /// <summary>The first thing that is wrong; null when the server is ready.</summary>
    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellation)
    {
        if (!serving)
            return "starting or stopping";
        foreach (var check in checks)
        {
            if (await check(cancellation) is { } problem)
                return problem;
        }

        return null;
    }
}
