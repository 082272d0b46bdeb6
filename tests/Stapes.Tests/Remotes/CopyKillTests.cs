using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stapes.Core.Remotes;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Remotes;

public sealed class CopyKillTests
{
    private const string ChildVariable = "STAPES_TEST_COPIER";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes this program one that copies images into a tree until it is killed, when it is started for that.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "This is a program; its entry point is the test runner's.")]
    internal static void RunChild()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is { } path)
            CopyForEverAsync(path).Wait();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Killed_at_any_moment_a_copy_leaves_whole_images_and_parts(int seed)
    {
        using var tree = new SampleTree();
        var random = new Random(seed);
        for (var round = 0; round < 3; round++)
        {
            using (var child = StartChild(tree.Root))
            {
                (await child.StandardOutput.ReadLineAsync(Cancellation)).ShouldBe("copying");
                await Task.Delay(random.Next(200), Cancellation);
                child.Kill();
                await child.WaitForExitAsync(Cancellation);
            }

            if (File.Exists(tree[IndexFile.Path]))
            {
                // Files without an index are what a kill between them leaves: no client sees them, and the next writer takes or prunes them.
                (await tree.VerifyAsync()).ShouldAllBe(static f => f.Kind == "unlisted-file", $"round {round}");
            }
        }

        await CopyAsync(tree.Tree, 0, Cancellation);
        (await tree.ListAsync()).ShouldNotBeEmpty();
        Directory.EnumerateFiles(tree[".stapes/tmp"]).ShouldAllBe(static f => f.EndsWith(".part", StringComparison.Ordinal));
    }

    private static Process StartChild(string path)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(CopyKillTests).Assembly.Location]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[ChildVariable] = path;
        return Process.Start(start)!;
    }

    private static async Task CopyForEverAsync(string path)
    {
        Console.WriteLine("copying");
        for (var i = 1; ; i++)
            await CopyAsync(new(path), i, CancellationToken.None);
    }

    private static async Task CopyAsync(SimplestreamsTree tree, int batch, CancellationToken cancellation)
    {
        var remote = new FileRemote();
        for (var i = 0; i < 8; i++)
            remote.Add(SampleImage.Metadata(SampleImage.Yaml(release: $"{batch}-{i}")), SampleImage.Squashfs($"{batch} {i}" + new string('x', 500_000)));
        using var target = new TreeTarget(tree, static _ => { });
        var results = await new ImageCopier(remote, target, new(), new CopyLog()).CopyAsync(
            (await remote.ListAsync(cancellation)).Select(static i => new CopyItem(i)), cancellation);
        results.ShouldAllBe(static r => r.Failure == null);
    }
}
