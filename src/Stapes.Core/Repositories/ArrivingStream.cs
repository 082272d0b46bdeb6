using Stapes.Core.Compression;
using Stapes.Core.Library;

namespace Stapes.Core.Repositories;

/// <summary>
/// What a client sends. Where it breaks off, or the request is cancelled, the stream ends, so that all that arrived is kept for the client
/// to go on from; whoever read it asks then whether that was the end.
/// </summary>
/// <param name="source">What comes.</param>
/// <param name="before">How many bytes of the blob came earlier.</param>
/// <param name="limits">How much may come.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class ArrivingStream(Stream source, long before, StorageLimits limits, CancellationToken cancellation) : ForwardStream
{
    private Exception? broken;
    private long position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (broken is not null)
            return 0;
        try
        {
            var read = await source.ReadAsync(buffer, cancellation);
            Check(before + position, before + position + read);
            position += read;
            return read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            broken = e;
            return 0;
        }
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Uploads are read asynchronously.");

    private void Check(long had, long has)
    {
        try
        {
            limits.Check(had, has);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid)
        {
            throw new RepositoryException(RepositoryFault.TooLarge, e.Kind, e.Message);
        }
    }

    /// <exception cref="StapesException">Invalid: the sender broke off.</exception>
    public void ThrowIfBroken()
    {
        if (broken is not null)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"The upload broke off after {position} bytes ({broken.Message.ReplaceLineEndings(" ")}): ask for its state and send the rest", broken);
        }
    }
}
