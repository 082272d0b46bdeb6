using System.Buffers;
using System.Text.Json;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The object around every answer. Source: Incus documentation, «REST API», «Return values».</summary>
internal static class Envelope
{
    /// <param name="metadata">JSON.</param>
    public static byte[] Sync(ReadOnlySpan<byte> metadata) => Write("sync", "Success", 200, "", 0, "", metadata);

    /// <param name="operation">The URL of the operation.</param>
    /// <param name="metadata">The operation in JSON.</param>
    public static byte[] Async(string operation, ReadOnlySpan<byte> metadata) =>
        Write("async", "Operation created", 100, operation, 0, "", metadata);

    public static byte[] Error(int status, string message) => Write("error", "", 0, "", status, message, "null"u8);

    private static byte[] Write(
        string type, string status, int statusCode, string operation, int errorCode, string error, ReadOnlySpan<byte> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>(metadata.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("status", status);
            writer.WriteNumber("status_code", statusCode);
            writer.WriteString("operation", operation);
            writer.WriteNumber("error_code", errorCode);
            writer.WriteString("error", error);
            writer.WritePropertyName("metadata");
            writer.WriteRawValue(metadata, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }
}
