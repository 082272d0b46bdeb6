using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Protocols.Shared;

/// <summary>Copies a part of a file into a response: from the page cache straight into the blocks that are encrypted and sent.</summary>
public static class FileBody
{
    /// <summary>The least that is worth a read; the server's blocks are larger, and what is left of one after the header is used too.</summary>
    private const int LeastRead = 16 << 10;

    /// <summary>
    /// Writes <paramref name="length"/> bytes of the file from <paramref name="offset"/> to the body, at the speed of the client, and
    /// counts them in <see cref="SentBytes"/>. Headers must be set. Several calls may follow each other in one response.
    /// </summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static async Task WriteAsync(HttpContext context, SafeFileHandle file, long offset, long length, CancellationToken cancellation)
    {
        var writer = context.Response.BodyWriter;
        var sent = context.Features.Get<SentBytes>();
        for (var end = offset + length; offset < end;)
        {
            var memory = writer.GetMemory(LeastRead);
            if (memory.Length > end - offset)
                memory = memory[..(int)(end - offset)];
            // Linux has no asynchronous reads of files in .NET: they would go to another thread, and the bytes are mostly in memory.
            var read = RandomAccess.Read(file, memory.Span, offset);
            if (read == 0)
                throw new EndOfStreamException($"A file that is being sent ends after {offset} of {end} bytes.");
            writer.Advance(read);
            offset += read;
            if ((await writer.FlushAsync(cancellation)).IsCompleted)
                throw new OperationCanceledException("The client closed the connection.");
            sent?.Add(read);
        }
    }
}
