using System.Collections.Concurrent;

namespace Stapes.Protocols.Shared;

/// <summary>
/// Memory that only makes answers faster, such as lists that were written once: it can be made again, and is let go while nobody asks for
/// anything. A service of the server; safe for use from everywhere at once.
/// </summary>
public sealed class IdleMemory
{
    private readonly ConcurrentQueue<Action> releases = new();

    /// <param name="release">Lets go of what can be made again. Quick, and safe to call at any moment, beside requests too.</param>
    public void Register(Action release) => releases.Enqueue(release);

    /// <summary>Lets go of everything that was registered.</summary>
    public void Release()
    {
        foreach (var release in releases)
            release();
    }
}
