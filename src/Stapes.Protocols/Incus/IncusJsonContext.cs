using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>How the records of the Incus API are read and written: names in snake case, fields in the order of declaration.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(GoTimeConverter)])]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(IReadOnlyList<ImageRecord>))]
[JsonSerializable(typeof(IEnumerable<ImageRecord>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(ImagePutRecord))]
[JsonSerializable(typeof(ImagePatchRecord))]
[JsonSerializable(typeof(ImagesPostRecord))]
[JsonSerializable(typeof(ImageExportPostRecord))]
[JsonSerializable(typeof(AliasRecord))]
[JsonSerializable(typeof(AliasPatch))]
[JsonSerializable(typeof(IReadOnlyList<AliasRecord>))]
[JsonSerializable(typeof(OperationRecord))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<OperationRecord>>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>))]
[JsonSerializable(typeof(ServerRecord))]
[JsonSerializable(typeof(ProjectRecord))]
[JsonSerializable(typeof(IReadOnlyList<ProjectRecord>))]
[JsonSerializable(typeof(ProjectPutRecord))]
[JsonSerializable(typeof(CertificateRecord))]
[JsonSerializable(typeof(IReadOnlyList<CertificateRecord>))]
[JsonSerializable(typeof(CertificatePutRecord))]
[JsonSerializable(typeof(CertificatesPostRecord))]
[JsonSerializable(typeof(TrustTokenRecord))]
[JsonSerializable(typeof(IReadOnlyList<TrustTokenRecord>))]
[JsonSerializable(typeof(AccessTokenRecord))]
[JsonSerializable(typeof(IReadOnlyList<AccessTokenRecord>))]
[JsonSerializable(typeof(OidcUserRecord))]
[JsonSerializable(typeof(IReadOnlyList<OidcUserRecord>))]
[JsonSerializable(typeof(LifecycleRecord))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(JsonObject))]
public sealed partial class IncusJsonContext : JsonSerializerContext;
