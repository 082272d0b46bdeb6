namespace Stapes.Protocols.Oci.Images;

/// <summary>A name in the root file system and what it stands for.</summary>
internal sealed class RootNode
{
    private static readonly IReadOnlyDictionary<string, RootNode> None = new Dictionary<string, RootNode>();

    private Dictionary<string, RootNode>? children;

    public RootNode(string name, RootNode? parent, RootInode inode)
    {
        (Name, Parent, Inode) = (name, parent, inode);
        PathLength = parent is null ? 0 : parent.PathLength + 1 + name.Length;
    }

    /// <summary>Every character stands for one byte.</summary>
    public string Name { get; }

    public RootNode? Parent { get; }

    public RootInode Inode { get; }

    /// <summary>How long the path from the root is.</summary>
    public int PathLength { get; }

    /// <summary>The last layer that had an entry of this name or below it; less than zero for none.</summary>
    public int TouchedBy { get; private set; } = -1;

    public IReadOnlyDictionary<string, RootNode> Children => children ?? None;

    public RootNode? Find(string name) => children?.GetValueOrDefault(name);

    /// <summary>Gives the name in this directory to something else.</summary>
    public RootNode Set(string name, RootInode inode)
    {
        var node = new RootNode(name, this, inode);
        (children ??= new(StringComparer.Ordinal))[name] = node;
        return node;
    }

    public void Remove(string name) => children?.Remove(name);

    /// <summary>Notes that a layer has it: a whiteout of the same layer, which is about lower ones, leaves it alone.</summary>
    public void Touch(int layer)
    {
        for (var node = this; node is not null && node.TouchedBy != layer; node = node.Parent)
            node.TouchedBy = layer;
    }

    /// <summary>The path from the root, without a slash before it; empty for the root.</summary>
    public string Path()
    {
        if (Parent is null)
            return "";
        return string.Create(PathLength - 1, this, static (path, node) =>
        {
            for (var end = path.Length; node.Parent is not null; node = node.Parent)
            {
                node.Name.CopyTo(path[(end - node.Name.Length)..end]);
                end -= node.Name.Length + 1;
                if (end >= 0)
                    path[end] = '/';
            }
        });
    }
}
