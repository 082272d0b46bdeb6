namespace Stapes.Core.Library;

/// <summary>The files of an image on their way in.</summary>
/// <param name="Metadata">The metadata tarball, or the whole of a unified image.</param>
/// <param name="Root">The root file system or disk; null for a unified image. Opened when the metadata has been read to its end.</param>
/// <param name="Progress">Is told the number of bytes of each piece that has passed.</param>
public sealed record ImageUpload(UploadedFile Metadata, UploadedFile? Root = null, Action<long>? Progress = null);

/// <summary>
/// One file on its way in. A stream that fails with an <see cref="IOException"/> counts as broken off by whoever sends it (Invalid); a
/// <see cref="StapesException"/> passes through as it is.
/// </summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="OpenAsync">Opens its bytes, once; the stream is disposed after it was read.</param>
public sealed record UploadedFile(string Name, Func<CancellationToken, ValueTask<Stream>> OpenAsync)
{
    public UploadedFile(string name, Stream content)
        : this(name, _ => ValueTask.FromResult(content))
    {
    }
}
