using Stapes.Core.Compression;

namespace Stapes.Core.Library;

/// <summary>An uploaded file that is opened by the first read: the second part of a request can be opened only after the first was read.</summary>
internal sealed class DeferredStream(UploadedFile file) : ForwardStream
{
    private Stream? stream;
    private long position;

    /// <exception cref="StapesException">Invalid: the sender broke off.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            stream ??= await file.OpenAsync(cancellationToken);
            var read = await stream.ReadAsync(buffer, cancellationToken);
            position += read;
            return read;
        }
        catch (IOException e)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"{file.Name} broke off after {position} bytes ({e.Message.ReplaceLineEndings(" ")}): send it again", e);
        }
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Uploads are read asynchronously.");

    public override async ValueTask DisposeAsync()
    {
        if (stream is not null)
            await stream.DisposeAsync();
        await base.DisposeAsync();
    }
}
