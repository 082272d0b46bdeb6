using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// The root file system that the layers of an image make. A first pass over them makes the tree of what is there in the end; a second one
/// writes it as one tarball, so that nothing is ever unpacked, no rights are needed, and memory grows only with the number of names.
/// </summary>
internal sealed class RootFileSystem
{
    private readonly IReadOnlyList<ImageLayer> layers;
    private readonly ConversionLimits limits;
    private readonly RootTree tree;
    private readonly List<RootInode>[] wanted;

    private RootFileSystem(IReadOnlyList<ImageLayer> layers, ConversionLimits limits)
    {
        (this.layers, this.limits) = (layers, limits);
        tree = new(limits);
        wanted = [.. layers.Select(static _ => new List<RootInode>())];
    }

    /// <summary>The root directory's own attributes.</summary>
    public RootInode Root => tree.Root.Inode;

    /// <summary>When the newest of all files was changed, in seconds since 1970.</summary>
    public uint Newest { get; private set; }

    /// <summary>Reads the layers and checks their digests.</summary>
    /// <exception cref="Stapes.Core.StapesException">Invalid: a layer is damaged, or not what the manifest names, or asks for too much.</exception>
    public static async Task<RootFileSystem> PlanAsync(IReadOnlyList<ImageLayer> layers, ConversionLimits limits, CancellationToken cancellation)
    {
        var root = new RootFileSystem(layers, limits);
        var entries = new LayerEntries(root.tree);
        long bytes = 0;
        var count = 0;
        for (var layer = 0; layer < layers.Count; layer++)
        {
            await using var reader = await LayerReader.OpenAsync(layers[layer], limits, check: true, bytes, cancellation);
            for (var number = 0; await reader.NextAsync(cancellation) is { } entry; number++)
            {
                if (++count > limits.Entries)
                    throw RootTree.TooMany(limits);
                entries.Apply(entry, layer, number);
            }

            bytes += reader.BytesRead;
        }

        root.NameFiles();
        return root;
    }

    /// <summary>Writes the tarball: directories and nodes by their names, then files in the order of the layers.</summary>
    /// <param name="target">Takes it.</param>
    /// <param name="kept">Files whose content is wanted beside it, up to 1 MiB each: it is handed to the second.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public async Task WriteAsync(Stream target, IReadOnlyDictionary<RootInode, Action<byte[]>> kept, CancellationToken cancellation)
    {
        var writer = new RootEntryWriter(target);
        foreach (var node in Nodes())
        {
            if (!node.Inode.IsFile)
                await writer.WriteAsync(node.Path(), node.Inode, null, cancellation);
            else if (node.Inode.Length == 0 && node.Inode.Names![0] == node)
                await WriteNamesAsync(writer, node.Inode, static () => Task.CompletedTask, cancellation);
        }

        for (var layer = 0; layer < layers.Count; layer++)
        {
            if (wanted[layer].Count > 0)
                await WriteFilesAsync(writer, layer, target, kept, cancellation);
        }

        await writer.EndAsync(cancellation);
    }

    /// <summary>The file that a path leads to, through links; null when there is none.</summary>
    public RootInode? FindFile(string path) => tree.Find(path)?.Inode is { IsFile: true } inode ? inode : null;

    /// <summary>All names, in the order of their bytes, directories before what is in them.</summary>
    private IEnumerable<RootNode> Nodes()
    {
        var rest = new Stack<RootNode>();
        Push(tree.Root);
        while (rest.TryPop(out var node))
        {
            yield return node;
            Push(node);
        }

        void Push(RootNode directory)
        {
            foreach (var child in directory.Children.Values.OrderByDescending(static c => c.Name, StringComparer.Ordinal))
                rest.Push(child);
        }
    }

    private void NameFiles()
    {
        long bytes = 0;
        Newest = Root.ModifiedAt;
        foreach (var node in Nodes())
        {
            Newest = Math.Max(Newest, node.Inode.ModifiedAt);
            if (!node.Inode.IsFile)
                continue;
            if (node.Inode.Names is { } names)
            {
                names.Add(node);
                continue;
            }

            node.Inode.Names = [node];
            if (node.Inode.Length > 0)
                wanted[node.Inode.Layer].Add(node.Inode);
            bytes += node.Inode.Length;
            if (bytes > limits.Bytes)
                throw RootTree.Invalid($"has files of more than {limits.Bytes >> 20} MiB");
        }

        foreach (var files in wanted)
            files.Sort(static (a, b) => a.Entry.CompareTo(b.Entry));
    }

    private async Task WriteFilesAsync(RootEntryWriter writer, int layer, Stream target, IReadOnlyDictionary<RootInode, Action<byte[]>> kept, CancellationToken cancellation)
    {
        await using var reader = await LayerReader.OpenAsync(layers[layer], limits, check: false, 0, cancellation);
        var number = -1;
        foreach (var file in wanted[layer])
        {
            TarMember? entry;
            do
            {
                entry = await reader.NextAsync(cancellation);
            }
            while (++number < file.Entry && entry is not null);
            if (entry is null || entry.Length != file.Length)
                throw RootTree.Invalid($"has a layer {layers[layer].Digest} that changed while it was read");
            await WriteNamesAsync(writer, file, () => CopyAsync(reader, file, target, kept.GetValueOrDefault(file), cancellation), cancellation);
        }
    }

    private static async Task WriteNamesAsync(RootEntryWriter writer, RootInode file, Func<Task> copy, CancellationToken cancellation)
    {
        var path = file.Names![0].Path();
        await writer.WriteAsync(path, file, null, cancellation);
        await copy();
        await writer.PadAsync(file.Length, cancellation);
        foreach (var name in file.Names.Skip(1))
            await writer.WriteAsync(name.Path(), file, path, cancellation);
    }

    private static async Task CopyAsync(LayerReader reader, RootInode file, Stream target, Action<byte[]>? keep, CancellationToken cancellation)
    {
        if (keep is null || file.Length > 1 << 20)
        {
            await reader.CopyDataAsync(target, cancellation);
            return;
        }

        var content = new MemoryStream();
        await reader.CopyDataAsync(content, cancellation);
        keep(content.ToArray());
        await target.WriteAsync(content.GetBuffer().AsMemory(0, (int)content.Length), cancellation);
    }
}
