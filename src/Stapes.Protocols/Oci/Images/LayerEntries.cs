using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// Applies the entries of layers to a tree, with the outcome that umoci has, as Incus calls it (links to directories are kept).
/// Source: OCI image-spec 1.1, «Image Layer Filesystem Changeset», Applying Changesets.
/// </summary>
internal sealed class LayerEntries(RootTree tree)
{
    private const string Whiteout = ".wh.";
    private const string Opaque = ".wh..wh..opq";

    /// <param name="entry">The entry.</param>
    /// <param name="layer">The place of its layer in the image.</param>
    /// <param name="number">Which entry of the layer it is.</param>
    /// <exception cref="Stapes.Core.StapesException">Invalid: no file system can have it.</exception>
    public void Apply(TarMember entry, int layer, int number)
    {
        var (path, name) = tree.Locate(entry.Name);
        if (name.Length == 0)
        {
            if (entry.Type is not '5')
                throw RootTree.Invalid("has an entry that would make something else than a directory of the root");
            tree.SetRoot(Inode(entry, layer, number));
        }
        else if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            if (path.Node is { } directory)
                Remove(directory, name, layer);
        }
        else
        {
            Add(entry, path, name, layer, number);
        }
    }

    private void Remove(RootNode directory, string whiteout, int layer)
    {
        if (whiteout == Opaque)
        {
            RemoveBelow(directory, layer);
            return;
        }

        var name = whiteout[Whiteout.Length..];
        if (name is "" or "." or "..")
            throw RootTree.Invalid($"has a whiteout {RootTree.Shown(whiteout)} of nothing");
        if (directory.Find(name) is { } node)
            Remove(node, layer);
    }

    /// <summary>Removes what lower layers have; of a directory that this layer has something in, the rest.</summary>
    private void Remove(RootNode node, int layer)
    {
        tree.Step();
        if (node.TouchedBy != layer)
            node.Parent!.Remove(node.Name);
        else
            RemoveBelow(node, layer);
    }

    private void RemoveBelow(RootNode directory, int layer)
    {
        // As deep as a path is long: within the limits of the stack.
        foreach (var node in directory.Children.Values.ToArray())
            Remove(node, layer);
    }

    private void Add(TarMember entry, RootPath path, string name, int layer, int number)
    {
        var directory = tree.Make(path);
        var present = directory.Find(name);
        if (entry.Type is '1')
        {
            // What has the name goes first: nothing can be linked to itself.
            directory.Remove(name);
            tree.Set(directory, name, LinkTarget(entry)).Touch(layer);
            return;
        }

        var inode = Inode(entry, layer, number);
        if (inode.IsDirectory && present is { Inode.IsDirectory: true })
        {
            CopyAttributes(inode, present.Inode);
            present.Inode.Mode = inode.Mode;
            present.Inode.ExtendedAttributes = inode.ExtendedAttributes;
            present.Touch(layer);
        }
        else if (inode.IsDirectory && present is { Inode.IsSymbolicLink: true } && tree.Find(present.Path()) is { Inode.IsDirectory: true })
        {
            // Packages of one image agree that lib is a directory where another has made it a link to usr/lib.
            CopyAttributes(inode, present.Inode);
            present.Touch(layer);
        }
        else
        {
            tree.Set(directory, name, inode).Touch(layer);
        }
    }

    private RootInode LinkTarget(TarMember entry)
    {
        var (path, name) = tree.Locate(entry.LinkName);
        var target = name.Length == 0 ? null : path.Node?.Find(name);
        if (target is null)
            throw RootTree.Invalid($"has a hard link {RootTree.Shown(entry.Name)} to {RootTree.Shown(entry.LinkName)}, which is not there");
        return !target.Inode.IsDirectory
            ? target.Inode
            : throw RootTree.Invalid($"has a hard link {RootTree.Shown(entry.Name)} to the directory {RootTree.Shown(entry.LinkName)}");
    }

    private static void CopyAttributes(RootInode from, RootInode to) =>
        (to.UserId, to.GroupId, to.ModifiedAt) = (from.UserId, from.GroupId, from.ModifiedAt);

    private static RootInode Inode(TarMember entry, int layer, int number) => new()
    {
        Type = entry.IsFile ? '0' : entry.Type is '2' or '3' or '4' or '5' or '6' ? entry.Type
            : throw RootTree.Invalid($"has an entry {RootTree.Shown(entry.Name)} of the unknown type {RootTree.Shown(entry.Type.ToString())}"),
        Mode = entry.Mode,
        UserId = Id(entry.UserId, entry),
        GroupId = Id(entry.GroupId, entry),
        ModifiedAt = (uint)Math.Clamp(entry.ModifiedAt, 0, uint.MaxValue),
        ExtendedAttributes = Attributes(entry),
        LinkTarget = entry.Type is '2' ? Target(entry) : "",
        DeviceMajor = Device(entry.DeviceMajor, 0xfff, entry),
        DeviceMinor = Device(entry.DeviceMinor, 0xfffff, entry),
        Length = entry.IsFile ? entry.Length : 0,
        Layer = layer,
        Entry = number,
    };

    private static uint Id(long id, TarMember entry) => id is >= 0 and < uint.MaxValue
        ? (uint)id
        : throw RootTree.Invalid($"has an entry {RootTree.Shown(entry.Name)} that belongs to the user or group {id}, which there cannot be");

    private static uint Device(long number, uint most, TarMember entry) => number >= 0 && number <= most
        ? (uint)number
        : throw RootTree.Invalid($"has a device {RootTree.Shown(entry.Name)} of the number {number}, which there cannot be");

    private static string Target(TarMember entry) => entry.LinkName.Length is > 0 and <= 4095
        ? entry.LinkName
        : throw RootTree.Invalid($"has a symbolic link {RootTree.Shown(entry.Name)} to {(entry.LinkName.Length == 0 ? "nothing" : "a path that is too long")}");

    /// <summary>Those that squashfs can hold and that mean the same on every machine.</summary>
    private static IReadOnlyList<KeyValuePair<string, byte[]>> Attributes(TarMember entry) => entry.ExtendedAttributes.Count == 0
        ? []
        : [.. entry.ExtendedAttributes.Where(static a => IsKept(a.Key)).OrderBy(static a => a.Key, StringComparer.Ordinal)];

    private static bool IsKept(string name) => name is not "security.selinux" && name.Length <= 255
        && (name.StartsWith("user.", StringComparison.Ordinal) || name.StartsWith("trusted.", StringComparison.Ordinal) || name.StartsWith("security.", StringComparison.Ordinal));
}
