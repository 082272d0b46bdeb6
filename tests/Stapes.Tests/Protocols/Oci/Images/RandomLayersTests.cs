using System.Diagnostics;
using CsCheck;

namespace Stapes.Tests.Protocols.Oci.Images;

/// <summary>Layers at random, against what tar makes of them when it really unpacks one over the other.</summary>
public sealed class RandomLayersTests
{
    private static readonly string[] Names = ["a", "b", "c"];

    /// <summary>Paths of one to three names: few enough that layers meet.</summary>
    private static readonly Gen<string> GenPath = Gen.OneOfConst(Names).Array[1, 3].Select(static p => string.Join('/', p));

    private static readonly Gen<Entry> GenEntry = Gen.Select(GenPath, Gen.Int[0, 5], GenPath, Gen.Int[0, 0b111_111_111], Gen.Int[0, 9]).Select(static (path, kind, other, mode, number) => new Entry(path, (Kind)kind, other, mode, number));

    [Fact]
    public async Task Random_layers_make_what_unpacking_them_makes()
    {
        if (Environment.UserName != "root")
            Assert.Skip("Only root can unpack owners.");
        await GenEntry.Array[0, 8].Array[1, 4].SampleAsync(async layers =>
        {
            using var directory = new TemporaryDirectory();
            var built = layers.Select(static entries => Tidy(entries)).ToList();
            foreach (var layer in built)
                Unpack(directory, layer);

            var tarball = await MergedRoot.TarballAsync(built.Select(static l => Build(l).Layer()));
            Directory.CreateDirectory(directory["merged"]);
            Tar(directory["merged"], tarball);
            Describe(directory["merged"]).ShouldBe(Describe(Directory.CreateDirectory(directory["unpacked"]).FullName));
        }, iter: 150, threads: 1);
    }

    /// <summary>
    /// What tools write: a path once in a layer, nothing below what is no directory, directories before what is in them, and whiteouts of
    /// what lower layers have.
    /// </summary>
    private static List<Entry> Tidy(Entry[] entries)
    {
        var kept = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (kept.ContainsKey(entry.Path) || kept.Keys.Any(k => k.StartsWith(entry.Path + '/', StringComparison.Ordinal)))
                continue;
            var parents = Parents(entry.Path).ToList();
            if (parents.Exists(p => kept.TryGetValue(p, out var parent) && parent.Kind is not Kind.Directory))
                continue;
            foreach (var parent in parents)
                kept.TryAdd(parent, new(parent, Kind.Directory, "", 0b111_101_101, 1));
            kept[entry.Path] = entry;
        }

        // A hard link needs its file: one of the same layer that stands before it.
        var result = new List<Entry>();
        foreach (var entry in kept.Values.OrderBy(static e => e.Kind is Kind.Whiteout ? 0 : 1))
        {
            if (entry.Kind is not Kind.HardLink || result.Exists(e => e.Path == entry.Other && e.Kind is Kind.File))
                result.Add(entry);
        }

        return result;
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
            yield return path[..slash];
    }

    private static LayerBuilder Build(List<Entry> entries)
    {
        var layer = new LayerBuilder();
        foreach (var (path, kind, other, mode, number) in entries)
        {
            _ = kind switch
            {
                Kind.Directory => layer.Directory(path, mode | 0b111_000_000, number, number + 1),
                Kind.File => layer.File(path, $"content {number}", mode, number, number + 1),
                Kind.Link => layer.Link(path, "nowhere/" + other),
                Kind.HardLink => layer.HardLink(path, other),
                Kind.Device => layer.Device(path, 1, 3 + number),
                Kind.Whiteout => layer.File(Path.Combine(Path.GetDirectoryName(path)!, ".wh." + Path.GetFileName(path))),
                _ => throw new ArgumentOutOfRangeException(nameof(entries)),
            };
        }

        return layer;
    }

    private static void Unpack(TemporaryDirectory directory, List<Entry> entries)
    {
        var root = Directory.CreateDirectory(directory["unpacked"]).FullName;
        foreach (var entry in entries)
        {
            var path = Path.Combine(root, entry.Path);
            var isDirectory = Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null;
            // What is in the way goes; tar itself would leave a directory that is not empty.
            if (entry.Kind is Kind.Directory && isDirectory)
                continue;
            foreach (var obstacle in Parents(entry.Path).Select(p => Path.Combine(root, p)).Append(path))
            {
                if (obstacle != path && Directory.Exists(obstacle) && new DirectoryInfo(obstacle).LinkTarget is null)
                    continue;
                Run("rm", ["-rf", "--", obstacle], null);
            }
        }

        Tar(root, Build([.. entries.Where(static e => e.Kind is not Kind.Whiteout)]).Build());
    }

    private static void Tar(string root, byte[] tarball)
    {
        // The framework writes nothing at all for an archive without entries.
        if (tarball.Length > 0)
            Run("tar", ["-x", "-p", "--numeric-owner", "--delay-directory-restore", "-C", root], tarball);
    }

    private static string Describe(string root)
    {
        var lines = Run("find", [root, "-mindepth", "1", "-printf", "%P %y %m %U %G %T@ %l %n\\n"], null).Split('\n').Where(static l => l.Length > 0);
        // How many names a directory has depends on the file system.
        var shown = lines.Select(static l => l.Split(' ') is [_, "d", ..] f ? string.Join(' ', f[..^1]) : l).Order(StringComparer.Ordinal);
        var files = Run("find", [root, "-type", "f"], null).Split('\n').Where(static l => l.Length > 0).Order(StringComparer.Ordinal);
        return string.Join('\n', [.. shown, .. files.Select(f => $"{Path.GetRelativePath(root, f)}: {File.ReadAllText(f)}")]);
    }

    private static string Run(string program, IReadOnlyList<string> arguments, byte[]? input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        if (input is not null)
            process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.StandardError.ReadToEnd().ShouldBeEmpty();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return output;
    }

    private enum Kind
    {
        Directory,
        File,
        Link,
        HardLink,
        Device,
        Whiteout,
    }

    private sealed record Entry(string Path, Kind Kind, string Other, int Mode, int Number);
}
