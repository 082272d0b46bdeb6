using System.Net;

namespace Stapes.Protocols.Incus.Client;

/// <summary>A file as a body of known length, read while it is sent. It must not change its size meanwhile.</summary>
internal sealed class FileContent : HttpContent
{
    private const int ChunkSize = 1 << 20;

    private readonly FileStream file;
    private readonly long length;
    private readonly Action<long>? progress;

    public FileContent(string path, Action<long>? progress)
    {
        // Without a buffer of its own: the chunks are large.
        file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        length = file.Length;
        this.progress = progress;
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
        var buffer = new byte[ChunkSize];
        while (await file.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress?.Invoke(read);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
