using System.Collections.Concurrent;
using Stapes.Core.Library;
using Asker = Stapes.Core.Library.Audience;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>The documents of each audience that has asked: never what was made for one to another.</summary>
internal sealed class DocumentViews(IImageSource source)
{
    /// <summary>More audiences at a time are served, but begin to cost time.</summary>
    private const int Most = 32;

    private readonly ConcurrentDictionary<Asker, ServedDocuments> views = [];

    public ServedDocuments Of(Asker audience)
    {
        if (views.TryGetValue(audience, out var known))
            return known;
        if (views.Count >= Most)
        {
            foreach (var other in views.Keys.Where(static a => !a.Equals(Asker.Everyone)))
                views.TryRemove(other, out _);
        }

        return views.GetOrAdd(audience, static (a, s) => new(s, a), source);
    }

    /// <summary>Keeps of all documents only what is small.</summary>
    public void Shrink()
    {
        foreach (var documents in views.Values)
            documents.Shrink();
    }
}
