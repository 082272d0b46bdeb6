using System.Diagnostics;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>Processes that are killed while they write to a tree, each at a random moment of its work.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 100;
    private const int Killed = 128 + 9;

    private readonly LocalTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task A_tree_reads_as_before_or_after_when_an_add_is_killed()
    {
        for (var i = 0; i < 3; i++)
            await tree.AddAsync(tree.Images.Create("added", Metadata.Created.AddDays(i), 64 << 10));
        var image = tree.Images.Create("added", Metadata.Created.AddDays(3), 4 << 20);

        await KillAsync(tree.Add(image));
    }

    [Fact]
    public async Task A_new_tree_reads_as_before_or_after_when_its_first_add_is_killed()
    {
        var image = tree.Images.Create("first", Metadata.Created, 1 << 20);

        await KillAsync(tree.Add(image));
    }

    [Fact]
    public async Task A_tree_reads_as_before_or_after_when_a_remove_is_killed()
    {
        TestImage[] images = [.. Enumerable.Range(0, 4).Select(i => tree.Images.Create("removed", Metadata.Created.AddDays(i), 64 << 10))];
        // Two images over one root: the file of the one that goes has to stay for the other.
        images[1] = TestImage.From("shared", BootableImages.Container, images[1].Files[0], images[0].Files[1]);
        foreach (var image in images)
            await tree.AddAsync(image);

        await KillAsync(tree.Run("remove", images[0].Fingerprint));
    }

    [Fact]
    public async Task A_tree_reads_as_before_or_after_when_a_prune_is_killed()
    {
        for (var i = 0; i < 16; i++)
            await tree.AddAsync(tree.Images.Create($"r{i % 4}", Metadata.Created.AddDays(i), 16 << 10));
        for (var i = 0; i < 8; i++)
            File.WriteAllText(Path.Combine(tree.Directory, "images", $"orphan-{i}.squashfs"), "nothing names this");

        await KillAsync(tree.Run("prune", "--retention", "1"));
    }

    private async Task KillAsync(Command command)
    {
        var before = tree.Copy();
        var versionsBefore = tree.Read().Versions;
        var duration = (await RunAsync(command, killAt: TimeSpan.MaxValue)).Duration;
        var versionsAfter = tree.Read().Versions;
        versionsAfter.ShouldNotBe(versionsBefore);

        for (var kills = 0; kills < Kills;)
        {
            tree.RestoreFrom(before);
            var moment = duration * 1.2 * Random.Shared.NextDouble();
            var run = await RunAsync(command, killAt: moment);
            if (run.Killed)
                kills++;
            else
                duration = run.Duration;    // as the machine is busier or less busy than before

            var versions = tree.Read().Versions;    // fails when a file is missing or is not what the index says
            (versions.SequenceEqual(versionsBefore) || versions.SequenceEqual(versionsAfter)).ShouldBeTrue(
                $"killed after {moment.TotalMilliseconds} ms the tree listed {string.Join(", ", versions)}");
        }

        // What was left behind is in nobody's way.
        await command.RunAsync();
        await tree.Run("prune", "--retention", "100").OutputAsync();
        await tree.Run("verify").OutputAsync();
        var content = tree.Read();
        content.Versions.ShouldBe(versionsAfter);
        content.Unnamed(tree.Directory).ShouldBeEmpty();
    }

    private static async Task<(bool Killed, TimeSpan Duration)> RunAsync(Command command, TimeSpan killAt)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = command.Start();
        var spin = new SpinWait();
        while (Stopwatch.GetElapsedTime(start) < killAt && !process.HasExited)
            spin.SpinOnce(sleep1Threshold: -1);    // a sleep would round the moment to milliseconds
        var duration = Stopwatch.GetElapsedTime(start);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode == Killed, duration);
    }
}
