using System.Text.Json.Serialization;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus;

/// <summary>
/// An image as the Incus API has it (<c>Image</c> in its REST API specification): the fields of <c>GET /1.0/images/{fingerprint}</c>,
/// in the order of Incus 7.0. What is missing or null on reading is empty, but for the nullable fields.
/// </summary>
public sealed record ImageRecord
{
    public bool AutoUpdate { get; init; }

    /// <summary>Sorted by key, in code point order, whatever they are set to.</summary>
    public IReadOnlyDictionary<string, string> Properties
    {
        get;
        init => field = Sorted(value);
    } = Sorted(null);

    public bool Public { get; init; }

    /// <summary>The epoch (1970-01-01) or the zero time: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    public IReadOnlyList<string>? Profiles { get; init; }

    public IReadOnlyList<ImageAliasRecord>? Aliases { get; init; }

    /// <summary>The kernel's name: <c>x86_64</c>, <c>aarch64</c>.</summary>
    public string Architecture { get; init => field = value ?? ""; } = "";

    /// <summary>Whether the server keeps it as a copy of a remote image that an instance was made of.</summary>
    public bool Cached { get; init; }

    public string Filename { get; init => field = value ?? ""; } = "";

    /// <summary>64 lower-case hexadecimal digits; a prefix of them is enough to name an image.</summary>
    public string Fingerprint { get; init => field = value ?? ""; } = "";

    /// <summary>All files of the image together, in bytes.</summary>
    public long Size { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImageSourceRecord? UpdateSource { get; init; }

    /// <summary><c>container</c> or <c>virtual-machine</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset LastUsedAt { get; init; }

    public DateTimeOffset UploadedAt { get; init; }

    public string Project { get; init => field = value ?? ""; } = "";

    /// <summary>The members of a cluster that hold the image. Debian's Incus 7.0.2 has this field.</summary>
    public IReadOnlyList<string>? Locations { get; init; }

    private static IReadOnlyDictionary<string, string> Sorted(IReadOnlyDictionary<string, string>? properties)
    {
        if (properties is PropertyDictionary { HasAsciiNames: true } or null)
            return properties ?? PropertyDictionary.Empty;
        var sorted = new SortedDictionary<string, string>(CodePointOrder.Instance);
        foreach (var (key, value) in properties)
            sorted[key] = value;
        return sorted;
    }
}

/// <summary>A name of an image, as listed with the image (<c>ImageAlias</c>).</summary>
public sealed record ImageAliasRecord(string Name, string Description);

/// <summary>Where an image came from, and where its updates come from (<c>ImageSource</c>).</summary>
public sealed record ImageSourceRecord
{
    public string Alias { get; init => field = value ?? ""; } = "";

    /// <summary>The server's certificate in PEM, where no authority vouches for it.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    /// <summary><c>simplestreams</c>, <c>incus</c> or <c>oci</c>.</summary>
    public string Protocol { get; init => field = value ?? ""; } = "";

    public string Server { get; init => field = value ?? ""; } = "";

    /// <summary><c>container</c>, <c>virtual-machine</c> or empty.</summary>
    public string ImageType { get; init => field = value ?? ""; } = "";
}
