using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared;

/// <summary>Sends the whole body of an answer that lies in memory, without a copy where the connection can do that.</summary>
internal static class ReadyBody
{
    /// <summary>Below this a copy is cheaper than a write of its own.</summary>
    private const int LeastOffer = 32 << 10;

    /// <summary>The headers are set, Content-Length among them.</summary>
    /// <param name="body">The whole body. It never changes.</param>
    public static ValueTask SendAsync(HttpContext context, Memory<byte> body, CancellationToken cancellation)
    {
        if (body.Length >= LeastOffer && HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IReadyOutput>() is { } output)
            return OfferAsync(context.Response, output, body, cancellation);
        var write = context.Response.BodyWriter.WriteAsync(body, cancellation);
        return write.IsCompletedSuccessfully ? Consume(write) : new(write.AsTask());
    }

    private static async ValueTask OfferAsync(HttpResponse response, IReadyOutput output, Memory<byte> body, CancellationToken cancellation)
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
