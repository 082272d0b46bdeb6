using Stapes.Core.Library;

namespace Stapes.Core.Remotes;

/// <summary>
/// Copies images from anywhere to anywhere: what does the target have → fetch what it lacks → add. Several images are on their way side by
/// side, and the failure of one is no matter of the others.
/// </summary>
/// <param name="source">Where they come from.</param>
/// <param name="target">Where they go.</param>
/// <param name="options">How.</param>
/// <param name="watcher">Is told how it goes.</param>
public sealed class ImageCopier(IRemote source, IImageTarget target, CopyOptions options, ICopyWatcher watcher)
{
    /// <summary>Copies images, each fingerprint once.</summary>
    /// <param name="images">What to copy.</param>
    /// <param name="cancellation">Ends it; what came of a file stays in a <c>.part</c> file of the target's, which the next copy continues.</param>
    /// <returns>What became of each, in the order of the images.</returns>
    /// <exception cref="StapesException">Invalid: the target cannot keep what the options want.</exception>
    public async Task<IReadOnlyList<CopyResult>> CopyAsync(IEnumerable<CopyItem> images, CancellationToken cancellation)
    {
        var items = images.DistinctBy(static i => i.Image.Fingerprint).ToList();
        foreach (var item in items)
            target.Require(OptionsOf(item));
        var results = new CopyResult[items.Count];
        var limit = new ParallelOptions { MaxDegreeOfParallelism = options.SideBySide, CancellationToken = cancellation };
        await Parallel.ForAsync(0, items.Count, limit, async (i, token) =>
        {
            results[i] = await TryCopyAsync(items[i], token);
            watcher.Ended(results[i]);
        });
        return results;
    }

    private async Task<CopyResult> TryCopyAsync(CopyItem item, CancellationToken cancellation)
    {
        try
        {
            return new(item, await CopyAsync(item, cancellation), Failure: null);
        }
        catch (Exception e) when (e is StapesException or IOException or UnauthorizedAccessException)
        {
            return new(item, CopyOutcome.Failed, e);
        }
    }

    private async Task<CopyOutcome> CopyAsync(CopyItem item, CancellationToken cancellation)
    {
        var add = OptionsOf(item);
        // A server that has the image still has to hear that it shall follow its source.
        if (await target.HasAsync(item.Image.Fingerprint, cancellation) && !add.AutoUpdate)
        {
            await target.AddAliasesAsync(item.Image.Fingerprint, add, cancellation);
            return CopyOutcome.Present;
        }

        if (options.Direct is not { } direct)
            return await RelayAsync(item, add, cancellation);
        await direct(item, add, watcher.Begins(item, CopyStage.Copying), cancellation);
        return CopyOutcome.Copied;
    }

    private async Task<CopyOutcome> RelayAsync(CopyItem item, ImageAddOptions add, CancellationToken cancellation)
    {
        using var files = await source.FetchAsync(
            item.Image,
            new(target.StagingDirectory) { Retry = options.Retry, FindLocal = target.FindLocal, Watch = watcher.Begins(item, CopyStage.Fetching) },
            cancellation);
        var image = item.Image;
        if (files.MadeFingerprint is { } made && made != image.Fingerprint)
        {
            // Only now it is known what the target may have.
            image = image with { Fingerprint = made };
            if (await target.HasAsync(made, cancellation))
            {
                await target.AddAliasesAsync(made, add, cancellation);
                return CopyOutcome.Present;
            }
        }

        await target.AddAsync(image, files, add, watcher.Begins(item, CopyStage.Sending), cancellation);
        return CopyOutcome.Copied;
    }

    private ImageAddOptions OptionsOf(CopyItem item) => options.CopyAliases
        ? options.Add with { Aliases = [.. item.Image.Aliases.Concat(options.Add.Aliases).DistinctBy(static a => a.Name)] }
        : options.Add;
}
