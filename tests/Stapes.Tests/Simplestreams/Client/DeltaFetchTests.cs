using System.Text.Json.Nodes;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Client;
using Stapes.Tests.Library;

namespace Stapes.Tests.Simplestreams.Client;

/// <summary>Roots that are made of a base and a delta. Instead of xdelta3 a script appends the «delta» to the base.</summary>
public sealed class DeltaFetchTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly byte[] old = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)i)];
    private readonly byte[] delta = "and more"u8.ToArray();
    private readonly List<string> opened = [];
    private long progress;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private byte[] Root => [.. old, .. delta];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_root_is_made_of_its_base_and_the_delta()
    {
        using var made = await TryAsync(Appending());

        made.ShouldNotBeNull();
        File.ReadAllBytes(made.Content.TemporaryPath).ShouldBe(Root);
        made.Digest.ShouldBe(TestImages.Digest(Root));
        made.Combined.ShouldBe(TestImages.Digest([.. "metadata"u8, .. Root]));
        made.Size.ShouldBe(Root.Length);
        opened.ShouldBe(["delta"]);
        progress.ShouldBe(Root.Length, "what the base saved counts as done");
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo wrong")]
    [InlineData("cat \"$4\" \"$5\"; exit 1")]
    public async Task A_program_that_fails_or_makes_something_else_leads_to_the_whole_file(string script)
    {
        (await TryAsync(Script(script))).ShouldBeNull();

        Directory.EnumerateFiles(directory["staging"]).ShouldBeEmpty();
        progress.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_no_program_leads_to_the_whole_file() => (await TryAsync(directory.Write("xdelta3", "no program"u8))).ShouldBeNull();

    [Fact]
    public async Task A_delta_with_another_hash_leads_to_the_whole_file()
    {
        var listed = Listed();
        listed.Version.Find("squashfs.vcdiff")!.Value.Node["sha256"] = new string('0', 64);

        (await TryAsync(Appending(), listed)).ShouldBeNull();
        progress.ShouldBe(0);
    }

    [Fact]
    public async Task Without_the_base_or_the_program_nothing_is_fetched()
    {
        (await TryAsync(program: null)).ShouldBeNull();
        (await TryAsync(Appending(), hasBase: false)).ShouldBeNull();
        var gone = Listed();
        gone.Version.Find("squashfs.vcdiff")!.Value.Node["delta_base"] = "20240101";
        (await TryAsync(Appending(), gone)).ShouldBeNull();
        var large = Listed();
        large.Version.Find("squashfs.vcdiff")!.Value.Node["size"] = (long)Root.Length;
        (await TryAsync(Appending(), large)).ShouldBeNull();

        opened.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_ended_by_cancelling()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var started = directory["started"];
        var program = Script($"echo $$ > {started}.new; mv {started}.new {started}; exec sleep 1000");
        var running = TryAsync(program, cancellation: stopping.Token);
        using var watch = new FileSystemWatcher(directory.Root) { EnableRaisingEvents = true };
        var appeared = new TaskCompletionSource();
        watch.Renamed += (_, _) => appeared.TrySetResult();
        if (!File.Exists(started))
            await appeared.Task.WaitAsync(Cancellation);

        await stopping.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);

        var process = int.Parse(await File.ReadAllTextAsync(started, Cancellation), System.Globalization.CultureInfo.InvariantCulture);
        if (Directory.Exists($"/proc/{process}"))
            (await File.ReadAllTextAsync($"/proc/{process}/cmdline", Cancellation)).ShouldNotContain("sleep");
    }

    private string Appending() => Script("[ \"$1 $2 $3\" = '-d -c -s' ] && cat \"$4\" \"$5\"");

    private string Script(string text)
    {
        var path = directory.Write($"bin/{Guid.NewGuid():N}", System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\n{text}\n"));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private async Task<FetchedFile?> TryAsync(string? program, ListedImage? listed = null, bool hasBase = true, CancellationToken? cancellation = null)
    {
        var basePath = directory.Write("base", old);
        var options = new FetchOptions(directory["staging"])
        {
            FindLocal = digest => hasBase && digest == TestImages.Digest(old) ? basePath : null,
            Watch = FileProgress.Sum(count => Interlocked.Add(ref progress, count)),
        };
        return await DeltaFetch.TryAsync(program, listed ?? Listed(), Open, options, directory.Write("metadata", "metadata"u8), cancellation ?? Cancellation);
    }

    private RemoteFile Open(VersionItem item)
    {
        Sha256Digest.TryParse(item.Sha256, out var digest).ShouldBeTrue();
        return new("delta", digest, item.Size, (offset, _, _) =>
        {
            opened.Add("delta");
            return Task.FromResult(new RemoteBody(new MemoryStream(delta, (int)offset, delta.Length - (int)offset)) { Offset = offset, Total = delta.Length });
        });
    }

    private ListedImage Listed()
    {
        var product = new JsonObject
        {
            ["arch"] = "amd64",
            ["versions"] = new JsonObject
            {
                ["20250101"] = Version(("squashfs", old, null)),
                ["20250102"] = Version(("squashfs", Root, null), ("squashfs.vcdiff", delta, "20250101")),
            },
        };
        return ClientView.Images([new("product", product)], Audience.Incus).Single(static i => i.Version.Serial == "20250102");
    }

    private static JsonObject Version(params (string Type, byte[] Content, string? DeltaBase)[] files)
    {
        var items = new JsonObject
        {
            ["incus.tar.xz"] = new JsonObject { ["ftype"] = "incus.tar.xz", ["path"] = "metadata", ["sha256"] = new string('0', 64), ["size"] = 8L, ["combined_squashfs_sha256"] = new string('1', 64) },
        };
        foreach (var (type, content, deltaBase) in files)
        {
            var item = new JsonObject { ["ftype"] = type, ["path"] = type, ["sha256"] = TestImages.Digest(content).Hex, ["size"] = (long)content.Length };
            if (deltaBase is not null)
                item["delta_base"] = deltaBase;
            items[type] = item;
        }

        return new() { ["items"] = items };
    }
}
