using Stapes.Core;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// The names and attributes of a root file system, in memory; the bytes of its files stay in their layers. Nothing that a path names can
/// be outside of it.
/// </summary>
internal sealed class RootTree(ConversionLimits limits)
{
    private const int MaxName = 255;

    private long steps;
    private long nameBytes;
    private int nodes;

    /// <summary>As umoci makes it; a layer that has an entry for it changes it.</summary>
    public RootNode Root { get; } = new("", null, Directory());

    /// <summary>The directory that all but the last name of a path lead to, and that last name; no name for the root itself.</summary>
    public (RootPath Directory, string Name) Locate(string path)
    {
        var names = Clean(path);
        return names is [] ? (Follow([], path), "") : (Follow(names.SkipLast(1), path), names[^1]);
    }

    /// <summary>What a path leads to, through every link; null when it is not there.</summary>
    public RootNode? Find(string path) => Follow(path.Split('/'), path).Node;

    /// <summary>Makes the directories that are missing on the way; whatever else has their names makes room.</summary>
    public RootNode Make(RootPath path)
    {
        var node = Root;
        foreach (var name in path.Names)
            node = node.Find(name) is { Inode.IsDirectory: true } there ? there : Set(node, name, Directory());
        return node;
    }

    /// <summary>Gives a name in a directory to something, in place of what had it.</summary>
    public RootNode Set(RootNode directory, string name, RootInode inode)
    {
        if (name.Length > MaxName)
            throw Invalid($"has a name of {name.Length} bytes; a file system takes {MaxName}");
        if (directory.PathLength + 1 + name.Length > limits.PathLength)
            throw Invalid($"has a path of more than {limits.PathLength} bytes");
        // Directories that no layer has an entry for, but paths name, take as much memory as others.
        if (++nodes > limits.Entries)
            throw TooMany(limits);
        Count(name.Length + inode.LinkTarget.Length + inode.ExtendedAttributes.Sum(static a => a.Key.Length + (long)a.Value.Length));
        return directory.Set(name, inode);
    }

    /// <summary>Changes the root's own attributes.</summary>
    public void SetRoot(RootInode inode)
    {
        Count(inode.ExtendedAttributes.Sum(static a => a.Key.Length + (long)a.Value.Length));
        (Root.Inode.Mode, Root.Inode.UserId, Root.Inode.GroupId) = (inode.Mode, inode.UserId, inode.GroupId);
        (Root.Inode.ModifiedAt, Root.Inode.ExtendedAttributes) = (inode.ModifiedAt, inode.ExtendedAttributes);
    }

    /// <summary>Notes one step of the work; there is an end to how much an image may ask for.</summary>
    public void Step()
    {
        if (++steps > limits.Steps)
            throw Invalid("has paths that lead through too many directories and links");
    }

    public static StapesException TooMany(ConversionLimits limits) => Invalid($"has more than {limits.Entries} entries");

    public static StapesException Invalid(string what) => new(ErrorKind.Invalid, $"The image {what}; it was not converted");

    private static RootInode Directory() => new() { Type = '5', Mode = 0b111_101_101 };

    /// <summary>The names of a path; <c>..</c> takes the name before it away, whatever that is, and nothing at the root.</summary>
    private static List<string> Clean(string path)
    {
        var names = new List<string>();
        foreach (var name in path.Split('/'))
        {
            if (name is "" or ".")
                continue;
            if (name is not "..")
                names.Add(name);
            else if (names.Count > 0)
                names.RemoveAt(names.Count - 1);
        }

        return names;
    }

    private RootPath Follow(IEnumerable<string> names, string path) =>
        RootPath.Follow(Root, names, Step) ?? throw Invalid($"has an entry {Shown(path)} that leads through a loop of links");

    private void Count(long bytes)
    {
        nameBytes += bytes;
        if (nameBytes > limits.NameBytes)
            throw Invalid($"has more than {limits.NameBytes >> 20} MiB of names and attributes");
    }

    /// <summary>A path as a message can show it.</summary>
    public static string Shown(string path)
    {
        var shown = string.Concat(path.Take(100).Select(static c => c is < ' ' or > '~' ? '?' : c));
        return path.Length > 100 ? $"\"{shown}…\"" : $"\"{shown}\"";
    }
}
