using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Fetches images from other servers into the library. What arrived of an image stays when that fails, and is continued by the next one
/// who wants it; whoever cancels wants nothing to stay.
/// </summary>
internal sealed class ImagePuller(IncusApiOptions options, EventHub events)
{
    private readonly KeyedTurns<Sha256Digest> turns = new();

    /// <summary>Fetches an image, unless the project has it already: then only what is said of it changes.</summary>
    /// <exception cref="StapesException">NotFound: the other server has no such image. Unavailable: it is away. Forbidden: it may not be asked.</exception>
    public async Task<Image> PullAsync(PullOrder order, Operation operation)
    {
        using var remote = await OpenAsync(order, operation.Cancellation);
        var found = await FindAsync(remote, order, operation.Cancellation);
        return await TakeAsync(found.Fingerprint, found.Size, (options, cancellation) => remote.FetchAsync(found, options, cancellation), Describe(order, found), operation);
    }

    /// <exception cref="StapesException">Forbidden: this server reaches no others.</exception>
    public async Task<IRemote> OpenAsync(PullOrder order, CancellationToken cancellation)
    {
        var source = order.Source;
        if (options.Outside is not { } outside)
            throw new StapesException(ErrorKind.Forbidden, "This server fetches no images from others: send the image to it");
        if (!Uri.TryCreate(source.Server, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new StapesException(ErrorKind.Invalid, $"\"{source.Server}\" is no server to fetch images from: give a URL that starts with https://");
        var guard = source.IsGuarded ? await outside.Guard.ResolveAsync(cancellation) : null;
        return outside.Open(guard)(new(url, source.Protocol) { Certificate = source.Certificate, Secret = order.Secret, Project = order.RemoteProject });
    }

    /// <exception cref="StapesException">NotFound, and what <see cref="IRemote.FindAsync"/> throws.</exception>
    public static async Task<RemoteImage> FindAsync(IRemote remote, PullOrder order, CancellationToken cancellation)
    {
        var source = order.Source;
        ImageType? type = source.ImageType switch { "container" => ImageType.Container, "virtual-machine" => ImageType.VirtualMachine, _ => null };
        try
        {
            return await remote.FindAsync(source.Alias, type, architecture: null, cancellation)
                ?? throw new StapesException(ErrorKind.NotFound, $"{source.Server} has no image \"{source.Alias}\"{(type is null ? "" : $" of the type {source.ImageType}")}");
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Forbidden)
        {
            // By these words the Incus client knows that another address of the source may work.
            throw new StapesException(e.Kind, $"Unable to connect to {source.Server}: {e.Message}", e);
        }
    }

    /// <param name="fingerprint">The image.</param>
    /// <param name="size">Of all its files, in bytes; 0 when nobody knows.</param>
    /// <param name="fetch">Fetches its files.</param>
    /// <param name="add">What is said of it here.</param>
    /// <param name="operation">Is told how far it is, and cancels it.</param>
    public async Task<Image> TakeAsync(
        Sha256Digest fingerprint, long size, Func<FetchOptions, CancellationToken, Task<FetchedFiles>> fetch, ImageAddOptions add, Operation operation)
    {
        var library = options.Library;
        var cancellation = operation.Cancellation;
        using var turn = await turns.WaitAsync(fingerprint, cancellation);
        if ((await library.GetSnapshotAsync(cancellation)).Find(add.Project, fingerprint) is { } present)
            return Report(operation, await AdoptAsync(present, add, cancellation));

        library.Limits.Expect(size);
        var directory = Path.Combine(library.StagingDirectory, $"pull-{fingerprint}");
        var progress = new TransferProgress(operation, "download", size, options.Time);
        var limited = new FetchedBytes(library.Limits);
        var isOver = false;
        try
        {
            using var files = await fetch(new(directory) { Watch = FileProgress.Sum(count => progress.Add(limited.Add(count))) }, cancellation);
            // Only now it is known which image an application image becomes.
            var made = files.MadeFingerprint ?? fingerprint;
            if (made != fingerprint && (await library.GetSnapshotAsync(cancellation)).Find(add.Project, made) is { } same)
            {
                isOver = true;
                return Report(operation, await AdoptAsync(same, add, cancellation));
            }

            using var staged = await library.StageAsync(files, made, cancellation);
            var image = await library.AddAsync(staged, add with { ExpectedFingerprint = made }, cancellation);
            isOver = true;
            events.SendCreated(image, add.Aliases);
            return Report(operation, image);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Full or ErrorKind.Invalid)
        {
            // The next one would end in the same way, and the space is wanted.
            isOver = true;
            throw;
        }
        finally
        {
            if (isOver || cancellation.IsCancellationRequested)
                Discard(directory);
        }
    }

    public static ImageAddOptions Describe(PullOrder order, RemoteImage found)
    {
        // A fingerprint is always the same image: there is nothing to follow.
        var isFollowed = !found.Fingerprint.Hex.StartsWith(order.Source.Alias, StringComparison.OrdinalIgnoreCase);
        return order.Add with
        {
            AutoUpdate = order.Add.AutoUpdate && isFollowed,
            UpdateSource = isFollowed ? order.Source : null,
            FileName = order.Add.FileName.Length > 0 ? order.Add.FileName : found.FileName,
            Properties = PropertyDictionary.From(found.Properties).With(order.Add.Properties),
            // An index knows less of an image than its own metadata; a server of images knows how it was edited.
            ReplaceProperties = order.Source.Protocol == "incus",
            ExpiresAt = order.Add.ExpiresAt ?? found.ExpiresAt,
            ExpectedFingerprint = found.Fingerprint,
        };
    }

    private async Task<Image> AdoptAsync(Image present, ImageAddOptions add, CancellationToken cancellation)
    {
        var library = options.Library;
        await library.UpdateAsync(present.Key, image => image with
        {
            Public = add.Public,
            AutoUpdate = add.AutoUpdate,
            Properties = PropertyDictionary.From(image.Properties).With(add.Properties),
            Profiles = add.Profiles,
            UpdateSource = add.UpdateSource ?? image.UpdateSource,
        }, cancellation);
        foreach (var alias in add.Aliases.Where(a => present.Aliases.All(p => p.Name != a.Name)))
            await library.CreateAliasAsync(new(present.Project, alias.Name), alias.Description, present.Fingerprint, cancellation);
        return present;
    }

    private static Image Report(Operation operation, Image image)
    {
        operation.SetMetadata(("fingerprint", JsonValue.Create(image.Fingerprint.Hex)), ("size", JsonValue.Create($"{image.Size}")));
        return image;
    }

    private static void Discard(string directory)
    {
        try
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
        catch (IOException)
        {
            // The next clean-up of the store tries again.
        }
    }
}
