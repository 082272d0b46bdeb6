using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The answers of handlers.</summary>
internal static class Reply
{
    /// <summary>Success with nothing to say.</summary>
    public static IResult Empty { get; } = new JsonReply(Envelope.Sync("{}"u8));

    /// <param name="metadata">What was asked for.</param>
    /// <param name="type">How to write it.</param>
    /// <param name="tag">Its entity tag, without quotes; null for none.</param>
    public static IResult Sync<T>(T metadata, JsonTypeInfo<T> type, string? tag = null) =>
        Sync(JsonSerializer.SerializeToUtf8Bytes(metadata, type), tag);

    public static IResult Sync(ReadOnlySpan<byte> metadata, string? tag = null) => new JsonReply(Envelope.Sync(metadata)) { Tag = tag };

    /// <summary>A whole answer that was made before.</summary>
    public static IResult Prepared(ReadOnlyMemory<byte> envelope) => new JsonReply(envelope);

    /// <summary>Something new can be found at a URL.</summary>
    public static IResult Created(string url) =>
        new JsonReply(Envelope.Sync("null"u8)) { Location = url, Status = StatusCodes.Status201Created };

    public static IResult Started(Operation operation) =>
        new JsonReply(Envelope.Async(
            operation.Url, JsonSerializer.SerializeToUtf8Bytes(operation.Record, IncusJsonContext.Default.OperationRecord)))
        {
            Location = operation.Url,
            Status = StatusCodes.Status202Accepted,
        };

    public static IResult Error(int status, string message) => new JsonReply(Envelope.Error(status, message)) { Status = status };

    private sealed class JsonReply(ReadOnlyMemory<byte> body) : IResult
    {
        public int Status { get; init; } = StatusCodes.Status200OK;

        public string? Tag { get; init; }

        public string? Location { get; init; }

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            if (!httpContext.Response.HasStarted)
                SetHeaders(httpContext.Response);
            if (!HttpMethods.IsHead(httpContext.Request.Method))
                await httpContext.Response.BodyWriter.WriteAsync(body, httpContext.RequestAborted);
        }

        private void SetHeaders(HttpResponse response)
        {
            response.StatusCode = Status;
            response.ContentType = "application/json";
            response.ContentLength = body.Length;
            if (Tag is not null)
                response.Headers.ETag = $"\"{Tag}\"";
            if (Location is not null)
                response.Headers.Location = Location;
        }
    }
}
