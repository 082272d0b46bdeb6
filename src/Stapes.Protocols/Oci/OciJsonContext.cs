using System.Text.Json.Serialization;

namespace Stapes.Protocols.Oci;

/// <summary>How the documents of a registry are read and written: fields in the order of declaration, none that is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = 64)]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciDescriptor))]
[JsonSerializable(typeof(OciImageConfig))]
[JsonSerializable(typeof(Artifacts.ArtifactConfig))]
[JsonSerializable(typeof(Client.TokenAnswer))]
[JsonSerializable(typeof(Client.HelperAnswer))]
[JsonSerializable(typeof(Client.ErrorAnswer))]
public sealed partial class OciJsonContext : JsonSerializerContext;
