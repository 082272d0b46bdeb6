using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Keeps images that follow a remote up to date, as Incus does: a newer version gets the aliases, and the old one goes.</summary>
internal sealed partial class ImageUpdates(IncusApi api, ILogger logger)
{
    /// <summary>After the start: many servers may start at once, after a power cut.</summary>
    private static readonly TimeSpan LongestFirstWait = TimeSpan.FromMinutes(5);

    /// <summary>Looks for a newer version of an image, and puts it in the image's place.</summary>
    /// <returns>The new one; null when there is none, or the image follows nothing.</returns>
    /// <exception cref="StapesException">The source is away, or has no such image any more: then nothing has changed.</exception>
    public async Task<Image?> UpdateAsync(Image image, Operation operation)
    {
        if (image.UpdateSource is not { } source)
            return null;
        var order = new PullOrder(source with { ImageType = image.Type.ToName() }, new()
        {
            Project = image.Project,
            Public = image.Public,
            AutoUpdate = image.AutoUpdate,
            Cached = image.Cached,
            Profiles = image.Profiles,
            Aliases = image.Aliases,
            // In the transaction that shows the new version: no moment without the aliases.
            ReplaceAliases = true,
        });
        using var remote = await api.Puller.OpenAsync(order, operation.Cancellation);
        var found = await ImagePuller.FindAsync(remote, order, operation.Cancellation);
        if (found.Fingerprint == image.Fingerprint)
            return null;
        var newer = (await api.Library.GetSnapshotAsync(operation.Cancellation)).Find(image.Project, found.Fingerprint) is { } present
            ? await MoveAliasesAsync(image, present, operation.Cancellation)
            : await api.Puller.TakeAsync(
                found.Fingerprint, found.Size, (fetch, cancellation) => remote.FetchAsync(found, fetch, cancellation), ImagePuller.Describe(order, found), operation);
        // An application image has the same content after all, which only its conversion tells.
        if (newer.Fingerprint == image.Fingerprint)
            return null;
        await api.Library.DeleteAsync(image.Key, precondition: null, CancellationToken.None);
        api.Events.SendLifecycle(LifecycleAction.ImageRefreshed, image.Key);
        return newer;
    }

    /// <summary>Refreshes all images that follow a remote, now and then, until the server stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var interval = api.Options.RefreshInterval;
        if (interval <= TimeSpan.Zero)
            return;
        var wait = interval < LongestFirstWait ? interval : LongestFirstWait;
        try
        {
            while (true)
            {
                await Task.Delay(wait * (0.8 + (Random.Shared.NextDouble() / 5)), api.Options.Time, stopping);
                await RefreshAllAsync(stopping);
                wait = interval;
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task RefreshAllAsync(CancellationToken stopping)
    {
        foreach (var image in await FollowingAsync(stopping))
        {
            stopping.ThrowIfCancellationRequested();
            var start = new OperationRecord { Description = "Updating images", Resources = Urls.Resources(image.Key), MayCancel = true };
            // One after the other: nobody waits for it.
            var operation = api.Operations.Start(image.Project, start, o => UpdateAsync(image, o), starter: null);
            await operation.Ended.WaitAsync(stopping);
            if (operation.Record is { StatusCode: OperationStatus.Failure, Err: var reason })
                LogFailure(logger, image.Key, reason);
        }
    }

    private async Task<IReadOnlyList<Image>> FollowingAsync(CancellationToken cancellation)
    {
        try
        {
            return [.. (await api.Library.GetSnapshotAsync(cancellation)).Images.Where(static i => i is { AutoUpdate: true, UpdateSource: not null })];
        }
        catch (StapesException e)
        {
            LogNoImages(logger, e.Message);
            return [];
        }
    }

    private async Task<Image> MoveAliasesAsync(Image from, Image to, CancellationToken cancellation)
    {
        foreach (var alias in from.Aliases)
        {
            await api.Library.UpdateAliasAsync(new(from.Project, alias.Name), present => present with
            {
                Targets = [.. present.Targets.Where(t => t.Fingerprint != from.Fingerprint && t.Fingerprint != to.Fingerprint), new(to.Type, to.Architecture, to.Fingerprint)],
            }, cancellation);
        }

        return await api.Library.UpdateAsync(to.Key, image => image with { AutoUpdate = from.AutoUpdate, UpdateSource = from.UpdateSource }, cancellation);
    }

    [LoggerMessage(LogLevel.Warning, "The image {Image} was not brought up to date, which will be tried again: {Reason}")]
    private static partial void LogFailure(ILogger logger, ImageKey image, string reason);

    [LoggerMessage(LogLevel.Error, "The images cannot be brought up to date, which will be tried again: {Reason}")]
    private static partial void LogNoImages(ILogger logger, string reason);
}
