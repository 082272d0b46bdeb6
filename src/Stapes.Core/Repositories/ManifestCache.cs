namespace Stapes.Core.Repositories;

/// <summary>
/// Manifests that were asked for lately, in memory. Valid because one library is the only writer of its catalogue: a write forgets what
/// it may have changed, and what was read before that is not kept.
/// </summary>
internal sealed class ManifestCache
{
    private const long LargestSize = 32 << 20;

    /// <summary>What an entry takes beside its content, about.</summary>
    private const int Overhead = 512;

    private readonly Lock entering = new();
    private readonly Dictionary<(string Repository, string Reference), StoredManifest> manifests = [];
    private long generation;
    private long size;

    public async ValueTask<StoredManifest?> GetAsync(string repository, string reference, Func<Task<StoredManifest?>> load)
    {
        long before;
        lock (entering)
        {
            if (manifests.TryGetValue((repository, reference), out var known))
                return known;
            before = generation;
        }

        var loaded = await load();
        if (loaded is not null)
            Keep(repository, reference, loaded, before);
        return loaded;
    }

    /// <summary>To be called after each write to a repository, before its caller hears of it.</summary>
    public void Forget(string repository)
    {
        lock (entering)
        {
            generation++;
            foreach (var (key, manifest) in manifests.Where(m => m.Key.Repository == repository).ToList())
            {
                manifests.Remove(key);
                size -= manifest.Content.Length + Overhead;
            }
        }
    }

    private void Keep(string repository, string reference, StoredManifest manifest, long before)
    {
        lock (entering)
        {
            if (before != generation || !manifests.TryAdd((repository, reference), manifest))
                return;
            size += manifest.Content.Length + Overhead;
            if (size <= LargestSize)
                return;
            manifests.Clear();
            size = 0;
        }
    }
}
