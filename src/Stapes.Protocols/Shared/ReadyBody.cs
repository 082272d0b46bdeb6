using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Shared;

/// <summary>The whole body of an answer, which lies in memory and never changes. Sent without a copy where the connection can do that.</summary>
internal sealed class ReadyBody(Memory<byte> body)
{
    /// <summary>Below this a copy is cheaper than a write of its own.</summary>
    private const int LeastOffer = 32 << 10;

    // The kernel copies what it gets from memory, but not what lies in a file.
    private readonly Lazy<SafeFileHandle> file = new(() => MemoryFile.Create(body.Span));

    public ReadOnlyMemory<byte> Bytes => body;

    /// <summary>The headers are set, Content-Length among them.</summary>
    public ValueTask SendAsync(HttpContext context, CancellationToken cancellation)
    {
        if (body.Length >= LeastOffer && Output(context) is { } output)
        {
            return output.LargestFilePart > 0
                ? new(FileBody.SendAsync(context, output, file.Value, 0, body.Length, cancellation))
                : OfferAsync(context.Response, output, cancellation);
        }

        var write = context.Response.BodyWriter.WriteAsync(body, cancellation);
        return write.IsCompletedSuccessfully ? Consume(write) : new(write.AsTask());
    }

    /// <summary>Where an answer can be offered to; null when the connection, or the protocol, has no such thing.</summary>
    public static IReadyOutput? Output(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) ? context.Features.Get<IReadyOutput>() : null;

    private async ValueTask OfferAsync(HttpResponse response, IReadyOutput output, CancellationToken cancellation)
    {
        // Writes the header to the output, where the body goes next.
        await response.StartAsync(cancellation);
        output.Offer(body);
        var memory = response.BodyWriter.GetMemory(body.Length);
        if (!memory.Equals(body))
        {
            output.Offer(default);
            body.CopyTo(memory);
        }

        response.BodyWriter.Advance(body.Length);
        await response.BodyWriter.FlushAsync(cancellation);
    }

    private static ValueTask Consume(ValueTask<FlushResult> write)
    {
        _ = write.Result;
        return ValueTask.CompletedTask;
    }
}
