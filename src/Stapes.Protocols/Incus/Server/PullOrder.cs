using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>An image to fetch from another server.</summary>
/// <param name="Source">Where from, and by which name: an alias or a fingerprint.</param>
/// <param name="Add">What is said of it here; its properties go over those that it has there.</param>
internal sealed record PullOrder(ImageUpdateSource Source, ImageAddOptions Add)
{
    /// <summary>Lets us have one private image; null for none.</summary>
    public string? Secret { get; init; }

    /// <summary>The project of the other server.</summary>
    public string RemoteProject { get; init; } = Image.DefaultProject;
}
