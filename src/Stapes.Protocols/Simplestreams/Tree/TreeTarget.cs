using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>A tree that images are copied to. What is fetched lies on its own file system, and is renamed into place.</summary>
/// <param name="tree">The tree; made by the first image where there is none.</param>
/// <param name="warn">Is told what the user should know; one line each.</param>
public sealed class TreeTarget(SimplestreamsTree tree, Action<string> warn) : IImageTarget
{
    private readonly SemaphoreSlim reading = new(1);
    private volatile Present present = new(IndexStamps.None, TreeImages.Empty);

    public string StagingDirectory => tree.StagingDirectory;

    public void Require(ImageAddOptions options)
    {
        foreach (var alias in options.Aliases)
            TreeAliases.RequireValid(alias.Name);
        if (options.AutoUpdate)
            throw new StapesException(ErrorKind.Invalid, $"{tree.Root} is a directory, where nothing runs that could keep an image up to date; leave out --auto-update and copy again when there is a new image");
        if (options.Profiles.Count > 0)
            throw new StapesException(ErrorKind.Invalid, $"{tree.Root} is a simplestreams tree, which has no profiles; leave out --profile");
        if (options.Project != Image.DefaultProject)
            throw new StapesException(ErrorKind.Invalid, $"{tree.Root} is a simplestreams tree, which has no projects; leave out --target-project");
    }

    public string? FindLocal(Sha256Digest digest) => present.Images.Files.TryGetValue(digest, out var file) ? tree.FullPath(file.Path) : null;

    public async Task<bool> HasAsync(Sha256Digest fingerprint, CancellationToken cancellation) =>
        (await ReadAsync(cancellation)).Images.Any(i => i.Fingerprint == fingerprint);

    public async Task AddAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, TransferWatch? watch, CancellationToken cancellation)
    {
        using var fetched = new FetchedTreeFiles(files);
        var read = await fetched.InspectAsync(image.Fingerprint, cancellation);
        var listing = CopiedListing.Of(image, read, options);
        TreeAdd.RequireListable(listing.Image, listing.Options);
        await fetched.FlushLargeAsync();

        using var transaction = await tree.BeginAsync(create: true, cancellation);
        if (options.ReplaceAliases)
            TreeAliases.TakeFromOthers(transaction, listing.Image, listing.Options);
        try
        {
            var added = TreeAdd.Add(transaction, listing.Image, listing.Options, (file, path) => fetched.PlaceIn(transaction, file, path));
            transaction.Commit();
            foreach (var warning in added.Warnings)
                warn(warning);
        }
        catch (AlreadyListedException)
        {
            // Another copy of it was faster.
            fetched.Discard();
            AddAliases(transaction, image.Fingerprint, listing.Options.Aliases);
        }
    }

    public async Task AddAliasesAsync(Sha256Digest fingerprint, ImageAddOptions options, CancellationToken cancellation)
    {
        if (options.Aliases.Count == 0)
            return;
        using var transaction = await tree.BeginAsync(create: false, cancellation);
        if (options.ReplaceAliases)
            TreeAliases.TakeFromOthers(transaction, fingerprint, options.Aliases);
        AddAliases(transaction, fingerprint, options.Aliases.Select(static a => a.Name));
    }

    public void Dispose()
    {
        reading.Dispose();
        tree.RemoveEmptyStaging();
    }

    private static void AddAliases(TreeTransaction transaction, Sha256Digest fingerprint, IEnumerable<string> aliases)
    {
        if (TreeAliases.AddMissing(transaction, fingerprint, aliases))
            transaction.Commit();
    }

    private async Task<TreeImages> ReadAsync(CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            if (!present.Stamps.AreCurrent(tree))
            {
                var stamps = IndexStamps.Of(tree, present.Stamps.Paths);
                var content = await tree.ReadAsync(mustExist: false, cancellation);
                // A products file that was not looked at before: what is read now may be older than its stamp, and is read again the next time.
                stamps = content.Files.All(f => stamps.Paths.Contains(f.Path)) ? stamps : IndexStamps.Of(tree, content.Files.Select(static f => f.Path));
                present = new(stamps, TreeImages.Read(tree, content));
            }

            return present.Images;
        }
        finally
        {
            reading.Release();
        }
    }

    private sealed record Present(IndexStamps Stamps, TreeImages Images);
}
