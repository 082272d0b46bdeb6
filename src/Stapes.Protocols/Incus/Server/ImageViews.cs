using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The views of the present snapshot; a new snapshot makes new ones.</summary>
internal sealed class ImageViews(IImageSource images)
{
    private readonly Made?[] views = new Made?[2];

    public async ValueTask<ImageView> GetAsync(Audience audience, CancellationToken cancellation)
    {
        var snapshot = await images.GetSnapshotAsync(cancellation);
        ref var view = ref views[(int)audience];
        // Two callers may make the same view at once; either is right.
        if (Volatile.Read(ref view) is { } present && present.Of == snapshot)
            return present.View;
        var made = new Made(snapshot, ImageView.Of(snapshot, audience));
        Volatile.Write(ref view, made);
        return made.View;
    }

    /// <summary>Lets go of the views and of what was written for them; the next request makes them again.</summary>
    public void Release()
    {
        views.AsSpan().Clear();
        ImageView.ForgetRecords();
    }

    private sealed record Made(ImageSnapshot Of, ImageView View);
}
