using Stapes.Core;
using Stapes.Core.Compression;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Remotes;

public sealed class CopyToTreeTests : IDisposable
{
    private static readonly RetryPolicy Hasty = new() { Attempts = 2, FirstDelay = TimeSpan.Zero };

    private readonly SampleTree tree = new();
    private readonly FileRemote remote = new();
    private readonly CopyLog log = new();
    private readonly List<string> warnings = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string[] Temporary => Directory.Exists(tree[".stapes/tmp"])
        ? [.. Directory.EnumerateFiles(tree[".stapes/tmp"]).Select(static f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
        : [];

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task A_copied_image_is_listed_as_one_that_was_added()
    {
        var (metadata, root) = (SampleImage.Metadata(), SampleImage.Squashfs());
        var image = remote.Add(metadata, root);

        (await CopyAsync(image)).Outcome.ShouldBe(CopyOutcome.Copied);

        using var added = new SampleTree();
        await added.AddAsync(metadata, root);
        tree.Snapshot().Replace(tree.Root, "", StringComparison.Ordinal).ShouldBe(added.Snapshot().Replace(added.Root, "", StringComparison.Ordinal));
        (await tree.VerifyAsync()).ShouldBeEmpty();
        Temporary.ShouldBeEmpty();
        log[CopyStage.Fetching].ShouldBe(image.Size);
    }

    [Theory]
    [InlineData("squashfs")]
    [InlineData("disk")]
    [InlineData("tarball")]
    [InlineData("unified")]
    [InlineData("unified disk")]
    public async Task Every_kind_of_image_keeps_its_fingerprint(string kind)
    {
        var image = kind switch
        {
            "squashfs" => remote.Add(SampleImage.Metadata(), SampleImage.Squashfs()),
            "disk" => remote.Add(SampleImage.Metadata(), SampleImage.Qcow2()),
            "tarball" => remote.Add(SampleImage.Metadata(), SampleImage.Compress(CompressionFormat.Gzip, SampleImage.Tar(("etc/", "")))),
            "unified" => remote.Add(SampleImage.Unified(), root: null),
            _ => remote.Add(SampleImage.UnifiedDisk(), root: null),
        };

        (await CopyAsync(image)).Outcome.ShouldBe(CopyOutcome.Copied);

        var listed = (await tree.ListAsync()).ShouldHaveSingleItem();
        listed.Fingerprint.ShouldBe(image.Fingerprint.Hex);
        listed.Type.ShouldBe(kind.Contains("disk", StringComparison.Ordinal) ? ImageType.VirtualMachine : ImageType.Container);
        (await tree.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_remote_says_of_an_image_is_what_the_index_says()
    {
        var image = remote.Add(SampleImage.Metadata(), SampleImage.Squashfs(), new Dictionary<string, string>
        {
            ["os"] = "Ubuntu",
            ["release"] = "noble",
            ["version"] = "24.04",
            ["label"] = "daily",
            ["variant"] = "cloud",
            ["architecture"] = "amd64",
            ["serial"] = "20250102_07:42",
            ["type"] = "squashfs",
            ["requirements.secureboot"] = "false",
            ["description"] = "Ubuntu 24.04 LTS amd64 (cloud) (daily) (20250102_07:42)",
        }) with { ExpiresAt = new(2029, 5, 31, 0, 0, 0, TimeSpan.Zero) };

        (await CopyAsync(image)).Outcome.ShouldBe(CopyOutcome.Copied);

        var listed = (await tree.ListAsync()).ShouldHaveSingleItem();
        listed.Product.Name.ShouldBe("Ubuntu:noble:cloud:amd64");
        listed.Properties.ShouldBe(image.Properties, ignoreOrder: true);
        listed.ExpiresAt.ShouldBe(image.ExpiresAt);
        listed.Product.Aliases.ShouldBe(["Ubuntu/noble/cloud"]);
    }

    [Fact]
    public async Task An_image_without_system_and_release_is_listed_under_its_alias()
    {
        var image = remote.Add(SampleImage.Metadata("architecture: x86_64\ncreation_date: 1700000000\n"), SampleImage.Squashfs(), aliases: "app/stable");

        (await CopyAsync(image, new() { CopyAliases = true })).Outcome.ShouldBe(CopyOutcome.Copied);

        var listed = (await tree.ListAsync()).ShouldHaveSingleItem();
        listed.Os.ShouldBe("app");
        listed.Product.Aliases.ShouldBe(["app/stable"]);
    }

    [Fact]
    public async Task Aliases_that_clients_derive_are_not_copied()
    {
        var image = remote.Add(SampleImage.Metadata(), SampleImage.Squashfs(), aliases: ["test/1", "test/1/amd64"]);

        await CopyAsync(image, new() { CopyAliases = true, Add = new() { Aliases = [new("mine", "")] } });

        tree.Product()["aliases"]!.GetValue<string>().Split(',').ShouldBe(["Test/1/default", "test/1", "mine"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_image_that_is_there_is_not_fetched_but_gets_its_aliases()
    {
        var image = remote.Add(SampleImage.Metadata(), SampleImage.Squashfs());
        await CopyAsync(image);
        remote.Fetched.Count.ShouldBe(2);

        (await CopyAsync(image, new() { Add = new() { Aliases = [new("more", "")] } })).Outcome.ShouldBe(CopyOutcome.Present);

        remote.Fetched.Count.ShouldBe(2);
        tree.Product()["aliases"]!.GetValue<string>().ShouldContain("more");
    }

    [Fact]
    public async Task A_file_that_the_tree_has_is_not_fetched_again()
    {
        var root = SampleImage.Squashfs();
        await CopyAsync(remote.Add(SampleImage.Metadata(), root));
        var second = remote.Add(SampleImage.Metadata(SampleImage.Yaml(created: 1_800_000_000)), root);

        (await CopyAsync(second)).Outcome.ShouldBe(CopyOutcome.Copied);

        remote.Fetched.ShouldNotContain($"{second.Fingerprint}/root");
        (await tree.ListAsync()).Count.ShouldBe(2);
        (await tree.VerifyAsync()).ShouldBeEmpty();
        Temporary.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_the_tree_has_damaged_is_fetched_again()
    {
        var root = SampleImage.Squashfs();
        await CopyAsync(remote.Add(SampleImage.Metadata(), root));
        File.WriteAllText(Directory.EnumerateFiles(tree["images"], "*.squashfs").Single(), "damaged");
        var second = remote.Add(SampleImage.Metadata(SampleImage.Yaml(created: 1_800_000_000)), root);

        (await CopyAsync(second)).Outcome.ShouldBe(CopyOutcome.Copied);

        remote.Fetched.ShouldContain($"{second.Fingerprint}/root");
        (await tree.VerifyAsync()).ShouldBeEmpty();
        log[CopyStage.Fetching].ShouldBe((await tree.ListAsync()).Sum(static i => i.Size), "what was read in vain does not count");
    }

    [Fact]
    public async Task One_image_that_fails_does_not_keep_the_others()
    {
        var broken = remote.Add(SampleImage.Metadata(SampleImage.Yaml(release: "2")), "no root"u8.ToArray());
        var images = new List<RemoteImage> { broken };
        for (var i = 0; i < 10; i++)
            images.Add(remote.Add(SampleImage.Metadata(SampleImage.Yaml(release: $"r{i}")), SampleImage.Squashfs($"root {i}")));

        var results = await CopyAllAsync(images);

        results.Select(static r => r.Outcome).ShouldBe([CopyOutcome.Failed, .. Enumerable.Repeat(CopyOutcome.Copied, 10)]);
        results[0].Failure!.Message.ShouldContain("neither a squashfs");
        (await tree.ListAsync()).Count.ShouldBe(10);
        (await tree.VerifyAsync()).ShouldBeEmpty();
        Temporary.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fetch_that_breaks_is_continued_by_the_next_copy()
    {
        var root = SampleImage.Squashfs(new string('x', 10 << 20));
        var image = remote.Add(SampleImage.Metadata(), root);
        var offsets = new List<long>();
        remote.OpenRoot = (offset, _, _) =>
        {
            offsets.Add(offset);
            return Task.FromResult(new RemoteBody(new BreakingStream(root.AsMemory((int)offset, 8 << 20))) { Offset = offset, Total = root.Length });
        };
        var failed = await CopyAsync(image, new() { Retry = Hasty with { Attempts = 1 } });
        failed.Outcome.ShouldBe(CopyOutcome.Failed);
        File.Exists(tree[IndexFile.Path]).ShouldBeFalse();
        var kept = Temporary.Where(static f => f.EndsWith(".part", StringComparison.Ordinal)).Max(f => new FileInfo(tree[$".stapes/tmp/{f}"]).Length);
        kept.ShouldBeGreaterThan(1 << 20);

        remote.OpenRoot = (offset, _, _) =>
        {
            offsets.Add(offset);
            return Task.FromResult(new RemoteBody(new MemoryStream(root, (int)offset, root.Length - (int)offset)) { Offset = offset, Total = root.Length });
        };
        (await CopyAsync(image)).Outcome.ShouldBe(CopyOutcome.Copied);

        offsets.ShouldBe([0, kept]);
        (await tree.VerifyAsync()).ShouldBeEmpty();
        Temporary.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_alias_of_another_product_is_a_conflict_that_can_be_taken()
    {
        await tree.AddContainerAsync("other", os: "Other", options: new() { Aliases = ["app"] });
        var image = remote.Add(SampleImage.Metadata(), SampleImage.Squashfs());
        var add = new ImageAddOptions { Aliases = [new("app", "")] };

        var refused = await CopyAsync(image, new() { Add = add });
        refused.Failure!.Message.ShouldContain("\"app\" belongs to the product Other:1:default:amd64");
        (await tree.ListAsync()).Count.ShouldBe(1);

        (await CopyAsync(image, new() { Add = add with { ReplaceAliases = true } })).Outcome.ShouldBe(CopyOutcome.Copied);
        tree.Product()["aliases"]!.GetValue<string>().ShouldContain("app");
        tree.Product("Other:1:default:amd64")["aliases"]!.GetValue<string>().ShouldNotContain("app");
        Temporary.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_serial_that_another_image_has_becomes_the_next_one()
    {
        var serial = new Dictionary<string, string> { ["serial"] = "20250102_07:42" };
        await CopyAsync(remote.Add(SampleImage.Metadata(), SampleImage.Squashfs("one"), serial));
        await CopyAsync(remote.Add(SampleImage.Metadata(SampleImage.Yaml(created: 1_800_000_000)), SampleImage.Squashfs("two"), serial));

        tree.Product()["versions"]!.AsObject().Select(static v => v.Key).ShouldBe(["20250102_07:42", "20250102_07:42.001"]);
    }

    [Fact]
    public async Task What_a_directory_cannot_keep_is_refused_before_anything_is_fetched()
    {
        var image = remote.Add(SampleImage.Metadata(), SampleImage.Squashfs());
        foreach (var add in (ImageAddOptions[])[new() { AutoUpdate = true }, new() { Profiles = ["p"] }, new() { Project = "p" }, new() { Aliases = [new("a,b", "")] }])
            (await Should.ThrowAsync<StapesException>(CopyAsync(image, new() { Add = add }))).Kind.ShouldBe(ErrorKind.Invalid);
        remote.Fetched.ShouldBeEmpty();
        Directory.Exists(tree.Root).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cancelled_copy_leaves_nothing_but_parts()
    {
        var root = SampleImage.Squashfs(new string('x', 300_000));
        var image = remote.Add(SampleImage.Metadata(), root);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        remote.OpenRoot = (_, _, _) => Task.FromResult(new RemoteBody(new StoppingStream(root.AsMemory(0, 100_000), stopping)) { Total = root.Length });

        using (var target = new TreeTarget(tree.Tree, warnings.Add))
            await Should.ThrowAsync<OperationCanceledException>(new ImageCopier(remote, target, new(), log).CopyAsync([new(image)], stopping.Token));

        Temporary.ShouldAllBe(static f => f.EndsWith(".part", StringComparison.Ordinal));
        File.Exists(tree[IndexFile.Path]).ShouldBeFalse();
    }

    private async Task<CopyResult> CopyAsync(RemoteImage image, CopyOptions? options = null) => (await CopyAllAsync([image], options))[0];

    private async Task<IReadOnlyList<CopyResult>> CopyAllAsync(IReadOnlyList<RemoteImage> images, CopyOptions? options = null)
    {
        using var target = new TreeTarget(tree.Tree, warnings.Add);
        return await new ImageCopier(remote, target, options ?? new(), log).CopyAsync(images.Select(static i => new CopyItem(i)), Cancellation);
    }

    /// <summary>Ends as a connection does that breaks.</summary>
    private sealed class BreakingStream(ReadOnlyMemory<byte> content) : ForwardStream
    {
        private int position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (position == content.Length)
                return ValueTask.FromException<int>(new IOException("reset by peer"));
            var count = Math.Min(buffer.Length, content.Length - position);
            content.Slice(position, count).CopyTo(buffer);
            position += count;
            return new(count);
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }

    /// <summary>The user presses Ctrl-C when these bytes have come.</summary>
    private sealed class StoppingStream(ReadOnlyMemory<byte> content, CancellationTokenSource stopping) : ForwardStream
    {
        private bool given;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (given)
            {
                await stopping.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }

            given = true;
            content.CopyTo(buffer);
            return content.Length;
        }

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();
    }
}
