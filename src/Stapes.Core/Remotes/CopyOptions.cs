using Stapes.Core.Library;
using Stapes.Core.Transfers;

namespace Stapes.Core.Remotes;

/// <summary>How images are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>What shall be set about them at the target.</summary>
    public ImageAddOptions Add { get; init; } = new();

    /// <summary>Whether they keep their aliases, beside those of <see cref="Add"/>.</summary>
    public bool CopyAliases { get; init; }

    /// <summary>How many images are on their way at once.</summary>
    public int SideBySide { get; init; } = 4;

    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Has the two servers copy an image among themselves; null when its bytes pass through here.</summary>
    public DirectCopy? Direct { get; init; }
}

/// <summary>Has two servers copy an image among themselves. Who watches is told what they say of it.</summary>
/// <exception cref="StapesException">One of them refuses or fails.</exception>
public delegate Task DirectCopy(CopyItem item, ImageAddOptions options, TransferWatch? watch, CancellationToken cancellation);

/// <summary>An image to be copied.</summary>
/// <param name="Image">The image, as its remote tells of it.</param>
/// <param name="Name">The name that it was asked for by; null when it was not asked for by name.</param>
public sealed record CopyItem(RemoteImage Image, string? Name = null);

/// <summary>What became of an image that was to be copied.</summary>
/// <param name="Item">The image.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Failure">Why it was not copied; null unless it failed.</param>
public sealed record CopyResult(CopyItem Item, CopyOutcome Outcome, Exception? Failure);

public enum CopyOutcome
{
    Copied,

    /// <summary>The target had it already.</summary>
    Present,

    Failed,
}

/// <summary>What is being done with the bytes of an image.</summary>
public enum CopyStage
{
    Fetching,
    Sending,

    /// <summary>Nothing: servers copy it among themselves.</summary>
    Copying,
}

/// <summary>Is told how copies go. Called from any thread.</summary>
public interface ICopyWatcher
{
    /// <summary>A stage of a copy begins.</summary>
    /// <returns>Is told how each of its files moves; null when nobody wants to know.</returns>
    TransferWatch? Begins(CopyItem item, CopyStage stage);

    void Ended(CopyResult result);
}
