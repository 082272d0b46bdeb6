namespace Stapes.Protocols.Incus.Server;

/// <summary>Lets those that work on one thing take turns, and others go on side by side.</summary>
internal sealed class KeyedTurns<T>
    where T : notnull
{
    private readonly Dictionary<T, Turn> turns = [];

    /// <returns>Ends the turn when disposed.</returns>
    public async Task<IDisposable> WaitAsync(T key, CancellationToken cancellation)
    {
        Turn turn;
        lock (turns)
        {
            if (!turns.TryGetValue(key, out turn!))
                turns[key] = turn = new();
            turn.Users++;
        }

        try
        {
            await turn.Free.WaitAsync(cancellation);
            return new Taken(() =>
            {
                turn.Free.Release();
                Leave(key, turn);
            });
        }
        catch
        {
            Leave(key, turn);
            throw;
        }
    }

    private void Leave(T key, Turn turn)
    {
        lock (turns)
        {
            if (--turn.Users > 0)
                return;
            turns.Remove(key);
        }

        turn.Free.Dispose();
    }

    private sealed class Turn
    {
        public SemaphoreSlim Free { get; } = new(1);

        public int Users { get; set; }
    }

    private sealed class Taken(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
