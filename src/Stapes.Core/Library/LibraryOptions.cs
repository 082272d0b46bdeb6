namespace Stapes.Core.Library;

/// <summary>How an <see cref="ImageLibrary"/> works.</summary>
public sealed record LibraryOptions
{
    /// <summary>How long the bytes of a deleted image stay: longer than clients keep an index, which is up to one hour.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How often <see cref="ImageLibrary.RunCollectorAsync"/> looks for bytes to delete.</summary>
    public TimeSpan CollectEvery { get; init; } = TimeSpan.FromMinutes(1);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
