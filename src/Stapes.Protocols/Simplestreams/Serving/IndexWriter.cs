using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// Writes the documents of a served index. Members are in ordinal order, as in the files of a tree: equal products give equal bytes.
/// Straight to bytes, because an index of ten thousand images would be half a million JSON nodes.
/// </summary>
internal static class IndexWriter
{
    /// <summary>More than most images take, so that the buffer of a large index is allocated once, and kept without a copy.</summary>
    private const int BytesPerImage = 1024;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file <c>streams/v1/index.json</c>.</summary>
    public static Memory<byte> WriteIndex(IReadOnlyList<ServedProduct> products) => Write(products.Count * 64, json =>
    {
        json.WriteString("format", "index:1.0");
        json.WriteStartObject("index");
        json.WriteStartObject("images");
        json.WriteString("datatype", "image-downloads");
        json.WriteString("format", ProductsFile.Format);
        json.WriteString("path", IndexFile.ImagesPath);
        json.WriteStartArray("products");
        foreach (var product in products)
            json.WriteStringValue(product.Name);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>The file <c>streams/v1/images.json</c>.</summary>
    public static Memory<byte> WriteProducts(IReadOnlyList<ServedProduct> products) => Write(
        products.Sum(static p => p.Versions.Sum(static v => v.Images.Count)) * BytesPerImage, json =>
    {
        json.WriteString("content_id", "images");
        json.WriteString("datatype", "image-downloads");
        json.WriteString("format", ProductsFile.Format);
        json.WriteStartObject("products");
        foreach (var product in products)
            WriteProduct(json, product);
        json.WriteEndObject();
    });

    /// <summary>The path of a file in the index, relative to the root of the server.</summary>
    public static string PathOf(ImageFile file) => $"images/{file.Digest}{file.Extension}";

    private static Memory<byte> Write(int size, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(size + 1024);
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return MemoryMarshal.AsMemory(buffer.WrittenMemory);
    }

    private static void WriteProduct(Utf8JsonWriter json, ServedProduct product)
    {
        var facts = product.Facts;
        var requirements = ProductFacts.RequirementsOf(product.Newest);
        json.WriteStartObject(product.Name);
        json.WriteString("aliases", string.Join(',', product.Aliases));
        json.WriteString("arch", product.ArchitectureName);
        // LXD 5.0 reads only this one, Incus only the other.
        WriteRequirements(json, "lxd_requirements", requirements);
        json.WriteString("os", facts.Os);
        json.WriteString("release", facts.Release);
        json.WriteString("release_title", facts.ReleaseTitle);
        WriteRequirements(json, "requirements", requirements);
        if (product.Newest.ExpiresAt is { } end)
            json.WriteString("support_eol", end.UtcDateTime.ToString("yyyy-MM-dd"));
        json.WriteString("variant", facts.Variant);
        if (facts.Version.Length > 0)
            json.WriteString("version", facts.Version);
        json.WriteStartObject("versions");
        foreach (var version in product.Versions)
            WriteVersion(json, version, product.Audiences);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRequirements(Utf8JsonWriter json, string name, SortedDictionary<string, string> requirements)
    {
        if (requirements.Count == 0)
            return;
        json.WriteStartObject(name);
        foreach (var (key, value) in requirements)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter json, ServedVersion version, IReadOnlyList<Audience> audiences)
    {
        json.WriteStartObject(version.Serial);
        json.WriteStartObject("items");
        // The types of the items are their keys, and need the order of keys: disk-kvm.img, incus…, lxd…, root.tar.xz, squashfs.
        foreach (var disk in version.Images.Where(static i => i.RootFormat is RootFormat.Qcow2))
            WriteRoot(json, disk);
        foreach (var audience in audiences)
            WriteMetadata(json, version, audience);
        foreach (var other in version.Images.Where(static i => i.RootFormat is not (null or RootFormat.Qcow2)))
            WriteRoot(json, other);
        json.WriteEndObject();
        if (version.Label.Length > 0)
            json.WriteString("label", version.Label);
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, ServedVersion version, Audience audience)
    {
        var image = version.Images[0];
        var type = image.RootFile is null ? audience.UnifiedType() : audience.MetadataType();
        json.WriteStartObject(type);
        if (image.RootFile is null)
        {
            json.WriteString("combined_type", image.Type.ToName());
        }
        else
        {
            foreach (var (field, fingerprint) in version.Images
                .Select(static i => (FileTypes.CombinedField(FileTypes.OfRoot(i.RootFormat!.Value)), i.Fingerprint.Hex))
                .OrderBy(static f => f.Item1, StringComparer.Ordinal))
            {
                json.WriteString(field, fingerprint);
            }
        }

        WriteFile(json, type, image.MetadataFile);
    }

    private static void WriteRoot(Utf8JsonWriter json, Image image)
    {
        var type = FileTypes.OfRoot(image.RootFormat!.Value);
        json.WriteStartObject(type);
        WriteFile(json, type, image.RootFile!);
    }

    /// <summary>The rest of an item.</summary>
    private static void WriteFile(Utf8JsonWriter json, string type, ImageFile file)
    {
        json.WriteString("ftype", type);
        json.WriteString("path", PathOf(file));
        json.WriteString("sha256", file.Digest.Hex);
        json.WriteNumber("size", file.Size);
        json.WriteEndObject();
    }
}
