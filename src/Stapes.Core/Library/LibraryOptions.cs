namespace Stapes.Core.Library;

/// <summary>How an <see cref="ImageLibrary"/> works.</summary>
public sealed record LibraryOptions
{
    /// <summary>How long the bytes of a deleted image stay: longer than clients keep an index, which is up to one hour.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long pushed blobs wait for a manifest that needs them, and unfinished uploads for their rest.</summary>
    public TimeSpan PushGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How many unfinished uploads of blobs one caller can have.</summary>
    public int MostUploads { get; init; } = 256;

    /// <summary>How often <see cref="ImageLibrary.RunCollectorAsync"/> looks for bytes to delete.</summary>
    public TimeSpan CollectEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The most bytes that an uploaded image may have; null for any number.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes of the disk that uploads leave free; null for a twentieth of it, but at most 1 GiB.</summary>
    public long? FreeSpace { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
