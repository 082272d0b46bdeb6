using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stapes.Protocols.Oci;

/// <summary>The context that documents are read and written with.</summary>
public static class OciJson
{
    /// <summary>Writes <c>+</c> and letters of every script as they are, as every other registry does.</summary>
    public static OciJsonContext Context { get; } = new(new JsonSerializerOptions(OciJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
