using System.Net;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>A file as a body of known length, read while it is sent. It must not change its size meanwhile.</summary>
internal sealed class FileContent : HttpContent
{
    private const int ChunkSize = 1 << 20;

    private readonly FileStream file;
    private readonly long length;
    private readonly string part;
    private readonly TransferWatch? watch;

    /// <param name="path">The file.</param>
    /// <param name="part">What it is of its image, for those who watch.</param>
    /// <param name="watch">Is told how it is sent; null when nobody wants to know.</param>
    public FileContent(string path, string part, TransferWatch? watch)
    {
        // Without a buffer of its own: the chunks are large.
        file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        length = file.Length;
        this.part = part;
        this.watch = watch;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var progress = watch.Begin(part, length);
        var buffer = new byte[ChunkSize];
        // A request that was refused may be sent again.
        file.Position = 0;
        while (await file.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress.Add(read);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
