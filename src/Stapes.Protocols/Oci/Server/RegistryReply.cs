using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Oci.Server;

/// <summary>The answers of handlers.</summary>
internal static class RegistryReply
{
    public const string Json = "application/json";

    public static Task WriteJsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type), Json);

    public static async Task WriteJsonAsync(HttpContext context, ReadOnlyMemory<byte> body, string contentType)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>An answer without a body.</summary>
    public static Task Empty(HttpContext context, int status, string? location = null, string? digest = null)
    {
        context.Response.StatusCode = status;
        if (location is not null)
            context.Response.Headers.Location = location;
        if (digest is not null)
            context.Response.Headers["Docker-Content-Digest"] = digest;
        if (status != StatusCodes.Status204NoContent)
            context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
