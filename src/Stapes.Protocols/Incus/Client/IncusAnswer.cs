using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Client;

/// <summary>What a server answered: the metadata of the envelope, and the entity tag of what it is, where it has one.</summary>
public sealed record IncusAnswer(JsonElement Metadata, string? ETag)
{
    /// <exception cref="StapesException">Unavailable: the metadata is something else.</exception>
    public T As<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return Metadata.Deserialize(type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"The server's answer is no {type.Type.Name} of the Incus API: {e.Message}", e);
        }
    }
}
