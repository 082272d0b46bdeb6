using Microsoft.AspNetCore.Http;
using Stapes.Core.Storage;

namespace Stapes.Protocols.Shared;

/// <summary>Puts a part of a blob into a response: as it lies in a file, or from the page cache into the blocks that are encrypted and sent.</summary>
public static class BlobBody
{
    /// <summary>The least that is worth a read; the server's blocks are larger, and what is left of one after the header is used too.</summary>
    private const int LeastRead = 16 << 10;

    /// <summary>
    /// Writes <paramref name="length"/> bytes of the blob from <paramref name="offset"/> to the body, at the speed of the client, and
    /// counts them in <see cref="SentBytes"/>. Headers must be set. Several calls may follow each other in one response.
    /// </summary>
    /// <exception cref="EndOfStreamException">The blob ends before: nothing but breaking the connection tells the client.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static Task WriteAsync(HttpContext context, Blob blob, long offset, long length, CancellationToken cancellation) =>
        blob.File is { } file && ReadyBody.Output(context) is { LargestFilePart: > 0 } output && RandomAccess.GetLength(file) >= offset + length
            ? FileBody.SendAsync(context, output, file, offset, length, cancellation)
            : CopyAsync(context, blob, offset, length, cancellation);

    private static async Task CopyAsync(HttpContext context, Blob blob, long offset, long length, CancellationToken cancellation)
    {
        var writer = context.Response.BodyWriter;
        var sent = context.Features.Get<SentBytes>();
        var file = blob.File;
        for (var end = offset + length; offset < end;)
        {
            var memory = writer.GetMemory(LeastRead);
            if (memory.Length > end - offset)
                memory = memory[..(int)(end - offset)];
            // .NET has no asynchronous reads of files on Linux: it hands them to another thread, and the bytes are mostly in memory.
            var read = file is not null ? RandomAccess.Read(file, memory.Span, offset) : await blob.ReadAsync(offset, memory, cancellation);
            if (read == 0)
                throw new EndOfStreamException($"A blob that is being sent ends after {offset} of {end} bytes; its storage is damaged.");
            writer.Advance(read);
            offset += read;
            if ((await writer.FlushAsync(cancellation)).IsCompleted)
                throw new OperationCanceledException("The client closed the connection.");
            sent?.Add(read);
        }
    }
}
