namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Where index.json and the products files disagree, or clients would not read them.</summary>
internal static class IndexFaults
{
    public static IEnumerable<TreeFault> Find(TreeContent content, bool hasIndex)
    {
        if (!hasIndex)
            yield break;
        if (content.Index.Root.Text("format") != "index:1.0")
            yield return new("wrong-format", IndexFile.Path, "Its format is not \"index:1.0\"") { Repair = RepairFormat };

        foreach (var file in content.Files)
        {
            var names = file.Products.Select(static p => p.Name).ToHashSet(StringComparer.Ordinal);
            var entry = content.Index.Entries.FirstOrDefault(e => TreePath.Normalize(e.Path) == file.Path);
            if (entry.Node is null)
            {
                if (names.Count > 0)
                    yield return Disagreement($"{file.Path} is not in the index: no client reads it");
                continue;
            }

            foreach (var name in names.Except(entry.Products, StringComparer.Ordinal))
                yield return Disagreement($"The product {name} is in {file.Path} but not in the index");
            foreach (var name in entry.Products.Except(names, StringComparer.Ordinal))
                yield return Disagreement($"The product {name} is in the index but not in {file.Path}");
            if (file.Root.Text("format") != ProductsFile.Format)
            {
                yield return new("wrong-format", file.Path, $"Its format is not \"{ProductsFile.Format}\"")
                {
                    Repair = t => Change(t, file, f => f.Root["format"] = ProductsFile.Format),
                };
            }
        }

        foreach (var clash in content.Files.GroupBy(static f => Path.GetFileName(f.Path)).Where(static g => g.Count() > 1))
        {
            yield return new("stream-clash", IndexFile.Path,
                $"{string.Join(" and ", clash.Select(static f => f.Path))} have one file name: clients keep them under that name alone and mix them up; rename one");
        }
    }

    // The commit brings the index in line by itself: nothing more is to be done for it.
    private static TreeFault Disagreement(string what) => new("index-disagrees", IndexFile.Path, what) { Repair = static _ => { } };

    private static void RepairFormat(TreeTransaction transaction)
    {
        transaction.Content.Index.Root["format"] = "index:1.0";
        transaction.ChangeIndex();
    }

    private static void Change(TreeTransaction transaction, ProductsFile file, Action<ProductsFile> change)
    {
        change(file);
        transaction.Change(file);
    }
}
