using System.Net;
using System.Text;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The files of an image in the library, as the body of <c>POST /1.0/images</c> of another server; read while they are sent.</summary>
internal sealed class BlobsToSend : IAsyncDisposable
{
    private readonly Image image;
    private readonly Blob metadata;
    private readonly Blob? root;

    private BlobsToSend(Image image, Blob metadata, Blob? root)
    {
        this.image = image;
        this.metadata = metadata;
        this.root = root;
    }

    /// <exception cref="StapesException">Unavailable: a file of the image is gone.</exception>
    public static async Task<BlobsToSend> OpenAsync(IImageSource images, Image image, CancellationToken cancellation)
    {
        var metadata = await OpenFileAsync(image.MetadataFile);
        try
        {
            return new(image, metadata, image.RootFile is null ? null : await OpenFileAsync(image.RootFile));
        }
        catch
        {
            await metadata.DisposeAsync();
            throw;
        }

        async ValueTask<Blob> OpenFileAsync(ImageFile file) => await images.OpenBlobAsync(file.Digest, Audience.Trusted, cancellation)
            ?? throw new StapesException(ErrorKind.Unavailable, $"The file {file.Digest} of the image is gone: delete the image and import it again");
    }

    /// <param name="progress">Is told the number of bytes of each piece that was sent.</param>
    public HttpContent ToContent(Action<long> progress)
    {
        if (root is null)
            return new BlobContent(metadata, progress) { Headers = { ContentType = new("application/octet-stream") } };
        var form = new MultipartContent("form-data") { HeaderEncodingSelector = static (_, _) => Encoding.UTF8 };
        form.Add(Part("metadata", $"{image.Fingerprint}{image.MetadataFile.Extension}", metadata, progress));
        form.Add(Part(image.Type is ImageType.VirtualMachine ? "rootfs.img" : "rootfs", $"{image.Fingerprint}{image.RootFile!.Extension}", root, progress));
        return form;
    }

    public async ValueTask DisposeAsync()
    {
        await metadata.DisposeAsync();
        if (root is not null)
            await root.DisposeAsync();
    }

    private static BlobContent Part(string name, string fileName, Blob blob, Action<long> progress)
    {
        var part = new BlobContent(blob, progress) { Headers = { ContentType = new("application/octet-stream") } };
        part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{name}\"; filename=\"{fileName}\"");
        return part;
    }

    private sealed class BlobContent(Blob blob, Action<long> progress) : HttpContent
    {
        private const int ChunkSize = 1 << 20;

        protected override bool TryComputeLength(out long length)
        {
            length = blob.Length;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = new byte[ChunkSize];
            var bytes = blob.OpenRead(0, blob.Length);
            while (await bytes.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                progress(read);
            }
        }
    }
}
