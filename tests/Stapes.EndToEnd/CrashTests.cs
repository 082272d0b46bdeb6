using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>Processes that are killed while they write to a tree: it reads as before or as after, whatever the moment.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly LocalTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task An_add_may_be_killed_at_random_moments() => await new CrashCheck(tree, await AddAsync()).KillAtRandomMomentsAsync();

    [Fact]
    public async Task The_first_add_may_be_killed_at_random_moments() => await new CrashCheck(tree, FirstAdd()).KillAtRandomMomentsAsync();

    [Fact]
    public async Task A_remove_may_be_killed_at_random_moments() => await new CrashCheck(tree, await RemoveAsync()).KillAtRandomMomentsAsync();

    [Fact]
    public async Task A_prune_may_be_killed_at_random_moments() => await new CrashCheck(tree, await PruneAsync()).KillAtRandomMomentsAsync();

    [PeersFact]
    public async Task An_add_may_be_killed_before_any_of_its_system_calls() => await new CrashCheck(tree, await AddAsync()).KillBeforeEachCallAsync();

    [PeersFact]
    public async Task The_first_add_may_be_killed_before_any_of_its_system_calls() => await new CrashCheck(tree, FirstAdd()).KillBeforeEachCallAsync();

    [PeersFact]
    public async Task A_remove_may_be_killed_before_any_of_its_system_calls() => await new CrashCheck(tree, await RemoveAsync()).KillBeforeEachCallAsync();

    [PeersFact]
    public async Task A_prune_may_be_killed_before_any_of_its_system_calls() => await new CrashCheck(tree, await PruneAsync()).KillBeforeEachCallAsync();

    private async Task<Command> AddAsync()
    {
        for (var i = 0; i < 3; i++)
            await tree.AddAsync(tree.Images.Create("added", Metadata.Created.AddDays(i), 64 << 10));
        return tree.Add(tree.Images.Create("added", Metadata.Created.AddDays(3), 4 << 20));
    }

    private Command FirstAdd() => tree.Add(tree.Images.Create("first", Metadata.Created, 1 << 20));

    private async Task<Command> RemoveAsync()
    {
        TestImage[] images = [.. Enumerable.Range(0, 4).Select(i => tree.Images.Create("removed", Metadata.Created.AddDays(i), 64 << 10))];
        // Two images over one root: the file of the one that goes has to stay for the other.
        images[1] = TestImage.From("shared", BootableImages.Container, images[1].Files[0], images[0].Files[1]);
        foreach (var image in images)
            await tree.AddAsync(image);
        return tree.Run("remove", images[0].Fingerprint);
    }

    private async Task<Command> PruneAsync()
    {
        for (var i = 0; i < 16; i++)
            await tree.AddAsync(tree.Images.Create($"r{i % 4}", Metadata.Created.AddDays(i), 16 << 10));
        for (var i = 0; i < 8; i++)
            File.WriteAllText(Path.Combine(tree.Directory, "images", $"orphan-{i}.squashfs"), "nothing names this");
        return tree.Run("prune", "--retention", "1");
    }
}
