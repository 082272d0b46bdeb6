using System.Collections.Concurrent;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>What adding a directory did.</summary>
/// <param name="Added">Images that are new.</param>
/// <param name="Present">Images that were listed already.</param>
/// <param name="Warnings">What the user should know; one line each.</param>
public sealed record BatchResult(int Added, int Present, IReadOnlyList<string> Warnings);

/// <summary>Adds all images of a directory, in one commit: all of them or, when one is faulty, none.</summary>
public static class TreeBatch
{
    /// <exception cref="StapesException">An image cannot be read or listed; the message names it, and how many more there are.</exception>
    public static async Task<BatchResult> AddAsync(
        SimplestreamsTree tree, string directory, AddOptions options, bool move, Action<long>? progress, CancellationToken cancellation)
    {
        var pairs = ImagePairs.Find(directory);
        var staged = new StagedImage?[pairs.Count];
        try
        {
            await ReadAllAsync(tree, pairs, staged, options, move, progress, cancellation);
            StagedImage.Flush(staged);
            using var transaction = await tree.BeginAsync(create: true, cancellation);
            var warnings = new List<string>();
            var present = 0;
            foreach (var (image, pair) in staged.Zip(pairs))
            {
                try
                {
                    warnings.AddRange(TreeAdd.Add(transaction, image!.Image, options, (file, path) => image.PlaceIn(transaction, file, path)).Warnings);
                }
                catch (AlreadyListedException)
                {
                    present++;
                }
                catch (StapesException e)
                {
                    throw Naming(pair, e);
                }
            }

            if (present < pairs.Count)
                transaction.Commit();
            if (move)
            {
                foreach (var image in staged)
                    image!.DeleteSources();
            }

            return new(pairs.Count - present, present, warnings);
        }
        finally
        {
            foreach (var image in staged)
                image?.Dispose();
        }
    }

    private static async Task ReadAllAsync(
        SimplestreamsTree tree, IReadOnlyList<ImagePair> pairs, StagedImage?[] staged, AddOptions options, bool move, Action<long>? progress, CancellationToken cancellation)
    {
        var faults = new ConcurrentBag<(int Index, StapesException Fault)>();
        await Parallel.ForAsync(0, pairs.Count, cancellation, async (i, token) =>
        {
            try
            {
                staged[i] = await StagedImage.ReadAsync(tree, pairs[i].Metadata, pairs[i].Root, move, progress, flush: false, token);
                TreeAdd.RequireListable(staged[i]!.Image, options);
            }
            catch (StapesException e)
            {
                faults.Add((i, Naming(pairs[i], e)));
            }
        });
        if (!faults.IsEmpty)
        {
            var first = faults.MinBy(static f => f.Index).Fault;
            var more = faults.Count > 1 ? $" (and {faults.Count - 1} more faulty images)" : "";
            throw new StapesException(first.Kind, $"{first.Message}{more}; nothing was added", first);
        }
    }

    private static StapesException Naming(ImagePair pair, StapesException e) =>
        e.Message.Contains(pair.Metadata, StringComparison.Ordinal) || (pair.Root is not null && e.Message.Contains(pair.Root, StringComparison.Ordinal))
            ? e
            : new(e.Kind, $"{pair.Metadata}: {e.Message}", e);
}
