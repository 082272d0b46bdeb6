namespace Stapes.Protocols.Oci.Images;

/// <summary>A layer of an application image: a tarball that changes the root file system below it.</summary>
/// <param name="Digest">Of its bytes as they are stored.</param>
/// <param name="DiffId">Of the tarball when it is not compressed, by the image's configuration.</param>
/// <param name="OpenAsync">Opens its bytes as they are stored; called twice.</param>
public sealed record ImageLayer(OciDigest Digest, OciDigest DiffId, Func<CancellationToken, ValueTask<Stream>> OpenAsync);
