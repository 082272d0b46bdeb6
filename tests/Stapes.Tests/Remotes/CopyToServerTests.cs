using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;
using Stapes.Tests.Images;
using Stapes.Tests.Protocols.Incus.Server;

namespace Stapes.Tests.Remotes;

/// <summary>Copies to a real server that trusts us.</summary>
public sealed class CopyToServerTests : IncusServerTest
{
    private readonly TemporaryDirectory staging = new();
    private readonly FileRemote remote = new();
    private readonly CopyLog log = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        staging.Dispose();
    }

    [Fact]
    public async Task An_image_arrives_with_all_that_is_said_of_it()
    {
        var (metadata, root) = (SampleImage.Metadata(), SampleImage.Qcow2());
        var end = new DateTimeOffset(2040, 1, 2, 0, 0, 0, TimeSpan.Zero);
        var image = remote.Add(metadata, root, new Dictionary<string, string> { ["os"] = "From the remote" }, "copied") with { ExpiresAt = end };

        (await CopyAsync(image, new() { CopyAliases = true, Add = new() { Aliases = [new("mine", "")], Public = true } })).Failure.ShouldBeNull();

        var kept = (await Library.GetSnapshotAsync(Cancellation)).Images.Single();
        kept.Fingerprint.ShouldBe(image.Fingerprint);
        kept.Type.ShouldBe(ImageType.VirtualMachine);
        kept.Public.ShouldBeTrue();
        kept.Properties["os"].ShouldBe("From the remote");
        kept.Properties["release"].ShouldBe("1");
        kept.Aliases.Select(static a => a.Name).ShouldBe(["copied", "mine"]);
        kept.ExpiresAt.ShouldBe(end);
        kept.FileName.ShouldBe("rootfs.squashfs");
        log[CopyStage.Fetching].ShouldBe(image.Size);
        log[CopyStage.Sending].ShouldBe(image.Size);
        log.Files.ShouldBe(["Fetching metadata", "Fetching root", "Sending metadata", "Sending rootfs", /* what the server then says of it */ "Sending "], ignoreOrder: true);
        Directory.EnumerateFiles(staging.Root, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_unified_image_arrives()
    {
        var image = remote.Add(SampleImage.Unified(), root: null);

        (await CopyAsync(image)).Outcome.ShouldBe(CopyOutcome.Copied);

        (await Library.GetSnapshotAsync(Cancellation)).Images.Single().Fingerprint.ShouldBe(image.Fingerprint);
    }

    [Fact]
    public async Task An_image_that_the_server_has_is_not_fetched_but_gets_its_aliases()
    {
        var image = remote.Add(SampleImage.Unified(), root: null);
        await CopyAsync(image);

        (await CopyAsync(image, new() { Add = new() { Aliases = [new("more", "")] } })).Outcome.ShouldBe(CopyOutcome.Present);

        remote.Fetched.Count.ShouldBe(1);
        (await Library.GetSnapshotAsync(Cancellation)).Images.Single().Aliases.Select(static a => a.Name).ShouldBe(["more"]);
    }

    [Fact]
    public async Task An_alias_of_another_image_is_a_conflict_that_can_be_taken()
    {
        await AddAsync(release: "other", aliases: "name");
        var image = remote.Add(SampleImage.Unified(), root: null);
        var add = new ImageAddOptions { Aliases = [new("name", "")] };

        var refused = await CopyAsync(image, new() { Add = add });
        ((StapesException)refused.Failure!).Kind.ShouldBe(ErrorKind.Conflict);
        (await CountAsync()).ShouldBe(1);

        (await CopyAsync(image, new() { Add = add with { ReplaceAliases = true } })).Failure.ShouldBeNull();
        (await Library.GetSnapshotAsync(Cancellation)).Images.Single(i => i.Fingerprint == image.Fingerprint).Aliases.Select(static a => a.Name).ShouldBe(["name"]);
        remote.Fetched.Count.ShouldBe(1, "what was fetched before the conflict is still there");
    }

    [Fact]
    public async Task What_is_no_image_is_refused_by_the_server()
    {
        var image = remote.Add(SampleImage.Metadata(), "no root"u8.ToArray());

        (await CopyAsync(image)).Failure.ShouldBeOfType<StapesException>();

        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Only_a_server_that_fetches_by_itself_can_follow_a_source()
    {
        var image = remote.Add(SampleImage.Unified(), root: null);
        (await CopyAsync(image, new() { Add = new() { AutoUpdate = true } })).Failure!.Message.ShouldBe("Auto update is only available in pull mode");
    }

    private async Task<CopyResult> CopyAsync(RemoteImage image, CopyOptions? options = null)
    {
        using var target = new IncusTarget(new(IncusConnection.ToSocket(SocketPath)), staging.Root);
        return (await new ImageCopier(remote, target, options ?? new(), log).CopyAsync([new(image)], Cancellation))[0];
    }
}
