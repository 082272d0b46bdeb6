using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Source: OCI distribution-spec 1.1, «Error Codes».</summary>
internal sealed record ErrorList
{
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }
}

internal sealed record ErrorRecord
{
    public required string Code { get; init; }

    public required string Message { get; init; }

    public string? Detail { get; init; }
}

/// <summary>Source: OCI distribution-spec 1.1, «Listing Tags».</summary>
internal sealed record TagList
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }
}

/// <summary>Source: Docker Registry HTTP API V2, «Listing Repositories».</summary>
internal sealed record RepositoryList
{
    public required IReadOnlyList<string> Repositories { get; init; }
}

/// <summary>Source: Docker Registry, «Token Authentication Specification», «Token Response Fields».</summary>
internal sealed record TokenReply
{
    public required string Token { get; init; }

    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    [JsonPropertyName("expires_in")]
    public required int ExpiresIn { get; init; }

    [JsonPropertyName("issued_at")]
    public required string IssuedAt { get; init; }

    public string? Scope { get; init; }
}

/// <summary>What a token of the registry says. Source: Docker Registry, «Token Authentication Implementation».</summary>
internal sealed record TokenClaims
{
    /// <summary>The caller's name.</summary>
    public required string Sub { get; init; }

    /// <summary>How the server knew the caller.</summary>
    public required string Method { get; init; }

    /// <summary>What identifies the caller beside its name; may be empty.</summary>
    public required string Id { get; init; }

    /// <summary>Which identity the caller is, and of which kind; null for those that the server does not keep. Of a token it is a hash.</summary>
    public string? Key { get; init; }

    public string? Kind { get; init; }

    /// <summary>The caller's role; null for a stranger.</summary>
    public string? Role { get; init; }

    /// <summary>The projects that the caller is restricted to; null for all.</summary>
    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Exp { get; init; }

    public required IReadOnlyList<TokenScope> Access { get; init; }
}

/// <summary>What a token allows: <c>repository:NAME:pull,push</c>.</summary>
internal sealed record TokenScope(string Type, string Name, IReadOnlyList<string> Actions);

/// <summary>A manifest of any kind, as far as a registry looks at it.</summary>
internal sealed record AnyManifest
{
    public int? SchemaVersion { get; init; }

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public OciDescriptor? Config { get; init; }

    public IReadOnlyList<OciDescriptor?>? Layers { get; init; }

    public IReadOnlyList<OciDescriptor?>? Manifests { get; init; }

    public OciDescriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = 64)]
[JsonSerializable(typeof(ErrorList))]
[JsonSerializable(typeof(TagList))]
[JsonSerializable(typeof(RepositoryList))]
[JsonSerializable(typeof(TokenReply))]
[JsonSerializable(typeof(TokenClaims))]
[JsonSerializable(typeof(AnyManifest))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>), TypeInfoPropertyName = "Annotations")]
internal sealed partial class RegistryJsonContext : JsonSerializerContext;

internal static class RegistryJson
{
    public static RegistryJsonContext Context { get; } = new(new JsonSerializerOptions(RegistryJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
