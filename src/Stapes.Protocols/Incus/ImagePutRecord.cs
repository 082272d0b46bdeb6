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
    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    public bool Public { get; init; }

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

    public string Fingerprint { get; init => field = value ?? ""; } = "";
}
