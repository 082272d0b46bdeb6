namespace Stapes.Protocols.Incus;

/// <summary>The editable fields of an image (<c>ImagePut</c> in the REST API specification), all of them.</summary>
public sealed record ImagePutRecord
{
    public bool AutoUpdate { get; init; }

    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    public bool Public { get; init; }

    /// <summary>The zero time stands for the present value, 1970 for never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Null stands for the profile «default».</summary>
    public IReadOnlyList<string>? Profiles { get; init; }
}

/// <summary>Changes of an image; null for what stays. Properties are added to those that are there.</summary>
public sealed record ImagePatchRecord
{
    public bool? AutoUpdate { get; init; }

    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    public bool? Public { get; init; }
}

/// <summary>A request for a new image that has no body of its own (<c>ImagesPost</c>).</summary>
public sealed record ImagesPostRecord
{
    public string Filename { get; init => field = value ?? ""; } = "";

    public bool AutoUpdate { get; init; }

    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    public bool Public { get; init; }

    /// <summary>Null stands for the profile «default».</summary>
    public IReadOnlyList<string>? Profiles { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public IReadOnlyList<ImageAliasRecord>? Aliases { get; init; }

    public ImagesPostSourceRecord? Source { get; init; }
}

/// <summary>Where a new image comes from (<c>ImagesPostSource</c>).</summary>
public sealed record ImagesPostSourceRecord
{
    /// <summary><c>pull</c> or <c>push</c>.</summary>
    public string Mode { get; init => field = value ?? ""; } = "";

    /// <summary><c>image</c>, <c>url</c>, or the kind of instance to publish.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>The image; of a remote one also an alias, as clients send it.</summary>
    public string Fingerprint { get; init => field = value ?? ""; } = "";

    public string Alias { get; init => field = value ?? ""; } = "";

    /// <summary>The URL of the server that has the image.</summary>
    public string Server { get; init => field = value ?? ""; } = "";

    /// <summary><c>incus</c>, <c>simplestreams</c> or <c>oci</c>; empty for <c>incus</c>.</summary>
    public string Protocol { get; init => field = value ?? ""; } = "";

    /// <summary>The server's certificate in PEM, where no authority vouches for it.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    /// <summary>Lets a stranger have one private image.</summary>
    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary><c>container</c>, <c>virtual-machine</c> or empty.</summary>
    public string ImageType { get; init => field = value ?? ""; } = "";

    /// <summary>The project of the server that has the image.</summary>
    public string Project { get; init => field = value ?? ""; } = "";

    /// <summary>What answers with the headers <c>Incus-Image-Hash</c> and <c>Incus-Image-URL</c>.</summary>
    public string Url { get; init => field = value ?? ""; } = "";
}

/// <summary>Asks a server to send one of its images to another (<c>ImageExportPost</c>).</summary>
public sealed record ImageExportPostRecord
{
    /// <summary>The URL of the server that gets it.</summary>
    public string Target { get; init => field = value ?? ""; } = "";

    /// <summary>What that server expects from whoever sends the image.</summary>
    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary>That server's certificate in PEM, where no authority vouches for it.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    public string Project { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string>? Profiles { get; init; }
}
