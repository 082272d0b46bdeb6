using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The files of one image on disk.</summary>
/// <param name="Metadata">The metadata tarball, or the unified image.</param>
/// <param name="Root">The root file system or disk; null for a unified image.</param>
public sealed record ImagePair(string Metadata, string? Root);

/// <summary>
/// Which files of a directory belong together, by their names: those that are equal without the endings that image builders and
/// <c>incus image export</c> give them. Two metadata.yaml need two names; several roots may share one metadata.
/// </summary>
public static class ImagePairs
{
    private static readonly string[] Compressions = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.lzma", ".tar.zst"];

    private static readonly string[] MetadataWords = ["incus", "lxd", "meta", "metadata", "incus_combined", "lxd_combined"];

    private static readonly string[] RootWords = ["rootfs", "root", "disk", "disk-kvm"];

    private static readonly string[] RootEndings = [".squashfs", ".qcow2", ".img", ".root", ".rootfs"];

    /// <summary>All images of a directory and those below it, in the order of their paths.</summary>
    /// <exception cref="StapesException">There is no image, or a root has no metadata.</exception>
    public static IReadOnlyList<ImagePair> Find(string directory)
    {
        if (!Directory.Exists(directory))
            throw new StapesException(ErrorKind.NotFound, $"{directory} is no directory: --batch takes one that holds images");
        var files = Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Select(static path => (Path: path, Part: PartOf(System.IO.Path.GetFileName(path))))
            .Where(static f => f.Part is not null)
            .GroupBy(static f => (System.IO.Path.GetDirectoryName(f.Path), f.Part!.Value.Stem))
            .OrderBy(static g => g.Min(static f => f.Path), StringComparer.Ordinal);
        var pairs = new List<ImagePair>();
        foreach (var group in files)
        {
            var metadata = group.Where(static f => !f.Part!.Value.IsRoot).Select(static f => f.Path).Order(StringComparer.Ordinal).ToList();
            var roots = group.Where(static f => f.Part!.Value.IsRoot).Select(static f => f.Path).Order(StringComparer.Ordinal).ToList();
            if (metadata.Count == 0)
                throw new StapesException(ErrorKind.Invalid, $"{roots[0]} has no metadata: no tarball with that name and .incus.tar.xz, .tar.xz or the like lies beside it");
            if (metadata.Count > 1)
                throw new StapesException(ErrorKind.Invalid, $"{string.Join(" and ", metadata)} could both be the metadata of one image; give them different names");
            pairs.AddRange(roots.Count == 0 ? [new(metadata[0], null)] : roots.Select(root => new ImagePair(metadata[0], root)));
        }

        return pairs.Count > 0 ? pairs : throw new StapesException(ErrorKind.NotFound, $"{directory} holds no image: tarballs, squashfs and qcow2 files are looked for");
    }

    /// <summary>Null for a file that is no part of an image.</summary>
    private static (string Stem, bool IsRoot)? PartOf(string name)
    {
        if (name.StartsWith('.'))
            return null;
        if (Ending(name, RootEndings) is { } end)
            return (WithoutWord(name[..^end.Length], RootWords), true);
        if (Ending(name, Compressions) is not { } compression)
            return null;
        var stem = name[..^compression.Length];
        var withoutRoot = WithoutWord(stem, RootWords);
        return withoutRoot != stem ? (withoutRoot, true) : (WithoutWord(stem, MetadataWords), false);
    }

    private static string? Ending(string name, string[] endings) =>
        endings.Where(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)).MaxBy(static e => e.Length);

    /// <summary>«alpine.incus» is «alpine», «meta-alpine» is «alpine», and a bare «rootfs» is nothing.</summary>
    private static string WithoutWord(string stem, string[] words)
    {
        foreach (var word in words)
        {
            if (stem == word)
                return "";
            foreach (var separator in ".-_")
            {
                if (stem.EndsWith($"{separator}{word}", StringComparison.Ordinal))
                    return stem[..^(word.Length + 1)];
                if (stem.StartsWith($"{word}{separator}", StringComparison.Ordinal))
                    return stem[(word.Length + 1)..];
            }
        }

        return stem;
    }
}
