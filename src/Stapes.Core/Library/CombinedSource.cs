using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>
/// Several sources as one: the store and the trees beside it. Where two have an image of one project and fingerprint, or an alias for one
/// type and architecture, the earlier source has its way. It does not own the sources.
/// </summary>
public sealed class CombinedSource : IImageSource, IDisposable
{
    private readonly IReadOnlyList<IImageSource> sources;
    private readonly Lock turn = new();
    private volatile State? present;
    private long generation;

    /// <param name="sources">The one that wins first; at least one.</param>
    public CombinedSource(IReadOnlyList<IImageSource> sources)
    {
        this.sources = sources;
        foreach (var source in sources)
            source.Changed += OnChanged;
    }

    public event EventHandler? Changed;

    public async ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation)
    {
        var parts = new ImageSnapshot[sources.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = await sources[i].GetSnapshotAsync(cancellation);
        if (present is { } ready && ready.IsOf(parts))
            return ready.Combined;
        lock (turn)
        {
            // Whoever read the parts earlier and comes later must not bring back what was.
            if (present is not { } old || (!old.IsOf(parts) && !old.IsNewerThan(parts)))
            {
                var combined = Combine(parts, present);
                generation = combined.Combined.Generation;
                return (present = combined).Combined;
            }

            return old.Combined;
        }
    }

    public async ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Audience audience, CancellationToken cancellation)
    {
        foreach (var source in sources)
        {
            if (await source.OpenBlobAsync(digest, audience, cancellation) is { } blob)
                return blob;
        }

        return null;
    }

    /// <summary>Lets go of the memory that the snapshot takes, until somebody asks for it again.</summary>
    public void ReleaseSnapshot()
    {
        lock (turn)
            present = null;
    }

    public void Dispose()
    {
        foreach (var source in sources)
            source.Changed -= OnChanged;
    }

    private void OnChanged(object? sender, EventArgs e) => Changed?.Invoke(this, e);

    private State Combine(ImageSnapshot[] parts, State? before)
    {
        // Only the times of use differ: that is no new generation. Else the clock makes it grow over restarts with other sources, too.
        var next = before is not null && before.Parts.Zip(parts).All(static p => p.First.Generation == p.Second.Generation)
            ? before.Combined.Generation
            : Math.Max(generation + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var images = new Dictionary<ImageKey, Image>();
        foreach (var image in parts.SelectMany(static p => p.Images))
            images.TryAdd(image.Key, image);

        var aliases = Merge(parts, images);
        var namesOf = aliases.SelectMany(static a => a.Targets, static (alias, target) => (Key: new ImageKey(alias.Project, target.Fingerprint), alias))
            .ToLookup(static t => t.Key, static t => new ImageAlias(t.alias.Name, t.alias.Description));
        return new(parts, ImageSnapshot.Create(next, images.Values.Select(i => WithAliases(i, [.. namesOf[i.Key]])), aliases));
    }

    private static List<Alias> Merge(ImageSnapshot[] parts, Dictionary<ImageKey, Image> images) =>
    [
        .. from alias in parts.SelectMany(static p => p.Aliases)
           group alias by alias.Key into claims
           select claims.First() with
           {
               // The type and the architecture are those of the image that won.
               Targets =
               [
                   .. claims.SelectMany(static a => a.Targets)
                       .Select(t => images[new(claims.Key.Project, t.Fingerprint)])
                       .DistinctBy(static i => (i.Type, i.Architecture))
                       .Select(static i => new AliasTarget(i.Type, i.Architecture, i.Fingerprint))
                       .OrderBy(static t => t.Type).ThenBy(static t => t.Architecture.Name, StringComparer.Ordinal),
               ],
           },
    ];

    private static Image WithAliases(Image image, IReadOnlyList<ImageAlias> aliases)
    {
        var sorted = aliases.OrderBy(static a => a.Name, StringComparer.Ordinal).ToList();
        return image.Aliases.SequenceEqual(sorted) ? image : image with { Aliases = sorted };
    }

    private sealed record State(ImageSnapshot[] Parts, ImageSnapshot Combined)
    {
        public bool IsOf(ImageSnapshot[] others) => Parts.AsSpan().SequenceEqual(others);

        public bool IsNewerThan(ImageSnapshot[] others) =>
            Parts.Zip(others).All(static p => p.First.Generation >= p.Second.Generation)
            && Parts.Zip(others).Any(static p => p.First.Generation > p.Second.Generation);
    }
}
