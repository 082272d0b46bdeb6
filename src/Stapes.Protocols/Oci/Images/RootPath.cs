namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// A directory that a path of an archive leads to, whether it is there or not. Links are followed as if the root file system were the
/// whole system: absolute ones begin at its root, and <c>..</c> never leads out of it.
/// </summary>
internal sealed class RootPath
{
    /// <summary>More links one after the other are a loop, or meant to keep us busy.</summary>
    private const int MaxLinks = 255;

    private readonly List<(string Name, RootNode? Node)> steps = [];
    private readonly RootNode root;

    private RootPath(RootNode root) => this.root = root;

    /// <summary>What the path leads to; null when that is not there.</summary>
    public RootNode? Node => steps.Count == 0 ? root : steps[^1].Node;

    /// <summary>The names from the root on, without links.</summary>
    public IEnumerable<string> Names => steps.Select(static s => s.Name);

    /// <param name="root">The root.</param>
    /// <param name="names">The names of the path, all of which are followed.</param>
    /// <param name="step">Called for each step; throws when there are too many.</param>
    /// <returns>Null when the path has too many links.</returns>
    public static RootPath? Follow(RootNode root, IEnumerable<string> names, Action step)
    {
        var path = new RootPath(root);
        var rest = new Stack<IEnumerator<string>>([names.GetEnumerator()]);
        for (var links = 0; rest.TryPeek(out var current);)
        {
            if (!current.MoveNext())
            {
                rest.Pop();
                continue;
            }

            step();
            if (path.Go(current.Current) is not { } target)
                continue;
            if (++links > MaxLinks)
                return null;
            if (target.StartsWith('/'))
                path.steps.Clear();
            rest.Push(((IEnumerable<string>)target.Split('/')).GetEnumerator());
        }

        return path;
    }

    /// <summary>Takes one step; answers where to a symbolic link leads that lies there.</summary>
    private string? Go(string name)
    {
        switch (name)
        {
            case "" or ".":
                return null;
            case "..":
                if (steps.Count > 0)
                    steps.RemoveAt(steps.Count - 1);
                return null;
        }

        var node = Node?.Find(name);
        if (node is { Inode.IsSymbolicLink: true })
            return node.Inode.LinkTarget;
        steps.Add((name, node));
        return null;
    }
}
