using System.Collections.Concurrent;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The views of the present snapshot, one for each audience that has asked; a new snapshot makes new ones.</summary>
internal sealed class ImageViews(IImageSource images)
{
    /// <summary>More audiences at a time are served, but begin to cost time.</summary>
    private const int Most = 32;

    private readonly ConcurrentDictionary<Audience, Made> views = [];

    public async ValueTask<ImageView> GetAsync(Audience audience, CancellationToken cancellation)
    {
        var snapshot = await images.GetSnapshotAsync(cancellation);
        // Two callers may make the same view at once; either is right.
        if (views.TryGetValue(audience, out var present) && present.Of == snapshot)
            return present.View;
        if (present is null && views.Count >= Most)
            views.Clear();
        var made = new Made(snapshot, ImageView.Of(snapshot, audience));
        views[audience] = made;
        return made.View;
    }

    /// <summary>Lets go of the views and of what was written for them; the next request makes them again.</summary>
    public void Release()
    {
        views.Clear();
        ImageView.ForgetRecords();
    }

    private sealed record Made(ImageSnapshot Of, ImageView View);
}
