using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Protocols.Shared;

/// <summary>Has a connection send a part of a file that nobody need read, because it is not encrypted.</summary>
internal static class FileBody
{
    /// <summary>Writes a part of the file, which has to be there, to the body at the speed of the client, and counts it in <see cref="SentBytes"/>. Headers must be set.</summary>
    /// <exception cref="EndOfStreamException">The file ends before: nothing but breaking the connection tells the client.</exception>
    /// <exception cref="OperationCanceledException">The client went away, or the connection was broken because the file ended.</exception>
    public static async Task SendAsync(HttpContext context, IReadyOutput output, SafeFileHandle file, long offset, long length, CancellationToken cancellation)
    {
        var end = offset + length;
        // Writes the header to the output, where the body goes next.
        await context.Response.StartAsync(cancellation);
        var writer = context.Response.BodyWriter;
        var sent = context.Features.Get<SentBytes>();
        while (offset < end)
        {
            var part = (int)Math.Min(end - offset, output.LargestFilePart);
            var offered = output.Offer(file, offset, part);
            var memory = writer.GetMemory(part);
            if (!memory.Equals(offered))
            {
                output.Offer(default);
                part = RandomAccess.Read(file, memory.Span[..part], offset);
                if (part == 0)
                    throw new EndOfStreamException($"A file that is being sent ends after {offset} of {end} bytes; its storage is damaged.");
            }

            writer.Advance(part);
            if ((await writer.FlushAsync(cancellation)).IsCompleted)
                throw new OperationCanceledException("The client closed the connection.");
            offset += part;
            sent?.Add(part);
        }
    }
}
