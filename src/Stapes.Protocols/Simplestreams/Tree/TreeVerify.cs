using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Finds every fault of a tree, and corrects those whose correction is certain.</summary>
public static class TreeVerify
{
    /// <param name="tree">The tree.</param>
    /// <param name="progress">Is told the number of bytes of each piece that was read; may be null.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The faults in the order index, products, files; an index file that cannot be read at all is one of them.</returns>
    public static async Task<IReadOnlyList<TreeFault>> FindFaultsAsync(SimplestreamsTree tree, Action<long>? progress, CancellationToken cancellation)
    {
        var stamps = IndexStamps.Of(tree, []);
        var faults = await FindFaultsNowAsync(tree, progress, cancellation);
        if (faults.Count == 0)
            return faults;
        // If a writer was at work meanwhile, its changes may look like faults. A second look keeps writers out.
        using var turn = await tree.WaitForWritersAsync(cancellation);
        return stamps.AreCurrent(tree) ? faults : await FindFaultsNowAsync(tree, progress, cancellation);
    }

    private static async Task<IReadOnlyList<TreeFault>> FindFaultsNowAsync(SimplestreamsTree tree, Action<long>? progress, CancellationToken cancellation)
    {
        TreeContent content;
        try
        {
            // Without index.json its products files say what there is; that it is missing is one fault among the others.
            content = await tree.ReadAsync(MissingIndex(tree) is null, cancellation);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid)
        {
            return [new("unreadable-index", tree.Root, e.Message)];
        }
        catch (StapesException e) when (e.Kind is ErrorKind.NotFound)
        {
            return [new("missing-index", IndexFile.Path, e.Message)];
        }

        return [.. MissingIndex(tree) ?? [], .. await FindFaultsAsync(tree, content, progress, cancellation)];
    }

    /// <summary>Finds the faults once more in the writer's turn and corrects what can be.</summary>
    /// <returns>The faults that were corrected, and those that remain.</returns>
    public static async Task<(IReadOnlyList<TreeFault> Repaired, IReadOnlyList<TreeFault> Remaining)> RepairAsync(
        SimplestreamsTree tree, Action<long>? progress, CancellationToken cancellation)
    {
        using var transaction = await tree.BeginAsync(create: false, cancellation);
        var missingIndex = MissingIndex(tree) ?? [];
        var faults = await FindFaultsAsync(tree, transaction.Content, progress, cancellation);
        var repaired = missingIndex.Concat(faults.Where(static f => f.CanRepair)).ToList();
        foreach (var fault in repaired)
            fault.Repair?.Invoke(transaction);
        if (repaired.Count > 0)
            transaction.Commit();
        return (repaired, faults.Where(static f => !f.CanRepair).ToList());
    }

    private static async Task<IReadOnlyList<TreeFault>> FindFaultsAsync(
        SimplestreamsTree tree, TreeContent content, Action<long>? progress, CancellationToken cancellation)
    {
        var faults = new List<TreeFault>();
        faults.AddRange(IndexFaults.Find(content, File.Exists(tree.FullPath(IndexFile.Path))));
        faults.AddRange(ListingFaults.Find(content));
        faults.AddRange(await FileFaults.FindAsync(tree, content, progress, cancellation));
        return faults;
    }

    /// <summary>The index is gone, but the images are still listed: it follows from them.</summary>
    private static IReadOnlyList<TreeFault>? MissingIndex(SimplestreamsTree tree) =>
        !File.Exists(tree.FullPath(IndexFile.Path)) && File.Exists(tree.FullPath(IndexFile.ImagesPath))
            ? [new("missing-index", IndexFile.Path, $"{IndexFile.Path} is missing, so that no client finds {IndexFile.ImagesPath}") { Repair = static _ => { } }]
            : null;
}
