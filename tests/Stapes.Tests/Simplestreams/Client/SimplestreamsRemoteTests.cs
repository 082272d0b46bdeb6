using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Protocols.Shared.Client;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Client;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Simplestreams.Client;

public sealed class SimplestreamsRemoteTests : IDisposable
{
    private readonly SampleTree tree = new();
    private readonly TemporaryDirectory directory = new();
    private readonly List<string> warnings = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FetchOptions Options => new(directory["staging"]) { Retry = new() { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) } };

    public void Dispose()
    {
        tree.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Images_are_listed_found_and_fetched_over_http_and_from_a_directory(bool overHttp)
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["test/1"] });
        await using var server = await ServeAsync();
        using var remote = overHttp ? Open(server) : SimplestreamsRemote.OfDirectory(tree.Root);

        var listed = (await remote.ListAsync(Cancellation)).Single();
        listed.Fingerprint.Hex.ShouldBe((await tree.ListAsync()).Single().Fingerprint);
        listed.Aliases.Select(static a => a.Name).ShouldBe(["Test/1/default", "Test/1/default/amd64", "test/1", "test/1/amd64"]);
        foreach (var name in (string[])["test/1", "test/1/amd64", listed.Fingerprint.Hex, listed.Fingerprint.Hex[..6]])
            (await remote.FindAsync(name, ImageType.Container, Architecture.Local, Cancellation))!.Fingerprint.ShouldBe(listed.Fingerprint);
        (await remote.FindAsync("test/1", ImageType.VirtualMachine, null, Cancellation)).ShouldBeNull();
        (await remote.FindAsync("test/2", null, null, Cancellation)).ShouldBeNull();

        var told = new List<string>();
        using var files = await remote.FetchAsync(listed, Options with { Watch = (part, size) => new(_ => { }, () => told.Add($"{part} of {size}")) }, Cancellation);
        File.ReadAllBytes(files.Root!.Content.TemporaryPath).ShouldBe(SampleImage.Squashfs());
        told.ShouldBe([$"metadata of {files.Metadata.Size}", $"rootfs of {files.Root.Size}"]);
        files.Metadata.Name.ShouldEndWith(".incus.tar.xz");
    }

    [Fact]
    public async Task An_alias_of_another_architecture_is_found_when_it_is_asked_for()
    {
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(architecture: "s390x")), SampleImage.Squashfs("s"), new() { Aliases = ["test"] });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(architecture: Architecture.Local.Name)), SampleImage.Squashfs("x"), new() { Aliases = ["test"] });
        using var remote = SimplestreamsRemote.OfDirectory(tree.Root);

        (await remote.FindAsync("test", null, Architecture.Parse("s390x"), Cancellation))!.Architecture.Name.ShouldBe("s390x");
        (await remote.FindAsync("test", null, null, Cancellation))!.Architecture.ShouldBe(Architecture.Local);
    }

    [Fact]
    public async Task A_start_that_several_fingerprints_have_is_refused()
    {
        for (var i = 0; i < 17; i++)
            await tree.AddContainerAsync($"root {i}");
        using var remote = SimplestreamsRemote.OfDirectory(tree.Root);
        var prefix = (await remote.ListAsync(Cancellation)).GroupBy(static i => i.Fingerprint.Hex[..1]).First(static g => g.Count() > 1).Key;

        (await Should.ThrowAsync<StapesException>(remote.FindAsync(prefix, null, null, Cancellation))).Message.ShouldStartWith($"More than one image has a fingerprint that starts with {prefix}, ");
    }

    [Fact]
    public async Task An_index_that_did_not_change_is_not_sent_again()
    {
        await tree.AddContainerAsync();
        var statuses = new List<int>();
        await using var server = await ServeAsync(http => statuses.Add(http.Response.StatusCode));

        for (var i = 0; i < 2; i++)
        {
            using var remote = Open(server);
            (await remote.ListAsync(Cancellation)).Count.ShouldBe(1);
        }

        statuses.ShouldBe([200, 200, 304, 304]);
        foreach (var file in Directory.EnumerateFiles(directory["cache"], "*", SearchOption.AllDirectories))
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_changed_index_is_seen_at_once()
    {
        await tree.AddContainerAsync();
        await using var server = await ServeAsync();
        using (var before = Open(server))
            (await before.ListAsync(Cancellation)).Count.ShouldBe(1);

        await tree.AddContainerAsync("more");

        using var remote = Open(server);
        (await remote.ListAsync(Cancellation)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_kept_is_used_while_the_server_is_away_with_a_warning(bool stops)
    {
        await tree.AddContainerAsync();
        var isAway = false;
        await using var server = await WebServer.StartAsync(http =>
        {
            if (!isAway)
                return SendFileAsync(http);
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        using (var before = Open(server))
            await before.ListAsync(Cancellation);

        isAway = true;
        if (stops)
            await server.DisposeAsync();
        using var remote = Open(server);

        (await remote.ListAsync(Cancellation)).Count.ShouldBe(1);
        warnings.ShouldHaveSingleItem().ShouldEndWith(" seconds ago is used");
    }

    [Fact]
    public async Task A_cache_that_is_damaged_or_cannot_be_written_is_none()
    {
        await tree.AddContainerAsync();
        await using var server = await ServeAsync();
        File.WriteAllText(directory["cache"], "a file where the directory should be");

        using var remote = Open(server);

        (await remote.ListAsync(Cancellation)).Count.ShouldBe(1);
        warnings.ShouldAllBe(static w => w.Contains("could not be kept", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<html><body>Welcome</body></html>", 200, "/streams/v1/index.json is no simplestreams index: ")]
    [InlineData("", 200, "/streams/v1/index.json is no simplestreams index: ")]
    [InlineData("[]", 200, "/streams/v1/index.json is no simplestreams index: ")]
    [InlineData("not found", 404, " is no simplestreams server: ")]
    [InlineData("who are you?", 401, " is not for us: ")]
    [InlineData("oops", 500, "The server failed with ")]
    public async Task What_is_no_index_is_told_in_a_line(string body, int status, string message)
    {
        await using var server = await WebServer.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(body);
        });
        using var remote = Open(server);

        var failure = await Should.ThrowAsync<StapesException>(remote.ListAsync(Cancellation));

        failure.Message.ShouldContain(message);
        failure.Message.ShouldNotContain('\n');
        Directory.Exists(directory["cache"]).ShouldBeFalse();
    }

    [Fact]
    public async Task An_index_that_names_files_elsewhere_is_refused()
    {
        tree.Write(IndexFile.Path, """{"format":"index:1.0","index":{"a":{"datatype":"image-downloads","path":"../../x","products":["p"]}}}""");
        using var remote = SimplestreamsRemote.OfDirectory(tree.Root);

        (await Should.ThrowAsync<StapesException>(remote.ListAsync(Cancellation))).Message.ShouldContain(" names \"../../x\", which is outside");
    }

    [Fact]
    public async Task A_compressed_index_is_read_and_one_that_is_cut_short_is_not()
    {
        await tree.AddContainerAsync();
        var cut = false;
        await using var server = await WebServer.StartAsync(async http =>
        {
            var compressed = new MemoryStream();
            await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync(await File.ReadAllBytesAsync(tree[http.Request.Path.Value!.TrimStart('/')]));
            http.Response.Headers.ContentEncoding = "gzip";
            await http.Response.Body.WriteAsync(compressed.GetBuffer().AsMemory(0, (int)compressed.Length - (cut ? 10 : 0)));
        });

        using (var remote = Open(server, cache: false))
            (await remote.ListAsync(Cancellation)).Count.ShouldBe(1);
        cut = true;
        using var broken = Open(server, cache: false);
        (await Should.ThrowAsync<StapesException>(broken.ListAsync(Cancellation))).Message.ShouldContain(" came damaged: ");
    }

    [Fact]
    public async Task Files_with_a_wrong_hash_or_that_are_too_short_leave_nothing()
    {
        await tree.AddContainerAsync();
        foreach (var change in (Action<string>[])[static f => File.WriteAllBytes(f, new byte[4096 + 100]), static f => File.WriteAllBytes(f, [1, 2, 3])])
        {
            change(Directory.GetFiles(tree["images"], "*.squashfs").Single());
            await using var server = await ServeAsync();
            using var remote = Open(server);
            var image = (await remote.ListAsync(Cancellation)).Single();

            var failure = await Should.ThrowAsync<StapesException>(remote.FetchAsync(image, Options, Cancellation));

            failure.Message.ShouldNotContain('\n');
            Directory.GetFiles(directory["staging"]).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Files_that_make_another_image_than_the_index_says_leave_nothing()
    {
        await tree.AddContainerAsync();
        tree.Edit(static root => root["products"]!["Test:1:default:amd64"]!["versions"]!.AsObject().First().Value!["items"]!["incus.tar.xz"]!["combined_squashfs_sha256"] = new string('a', 64));
        using var remote = SimplestreamsRemote.OfDirectory(tree.Root);
        var image = (await remote.ListAsync(Cancellation)).Single();

        (await Should.ThrowAsync<StapesException>(remote.FetchAsync(image, Options, Cancellation))).Message.ShouldContain(" make another image, ");
        Directory.GetFiles(directory["staging"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_tree_in_the_directory_the_message_says_how_to_make_one()
    {
        using var remote = SimplestreamsRemote.OfDirectory(directory["none"]);

        (await Should.ThrowAsync<StapesException>(remote.ListAsync(Cancellation))).Message.ShouldBe(
            $"There is no simplestreams tree in {directory["none"]}: {IndexFile.Path} is missing; `stapes tree add` makes one");
    }

    [Theory]
    [InlineData("debain/12", "debian/12")]
    [InlineData("debian/1", "debian/12")]
    [InlineData("deb", null)]
    [InlineData("alpine/edge/arm", "alpine/edge")]
    public void The_nearest_name_is_suggested(string name, string? expected) =>
        RemoteImages.Nearest(name, ["debian/12", "debian/12/cloud", "alpine/edge", "alpine/edge/amd64/x"]).ShouldBe(expected);

    private SimplestreamsRemote Open(WebServer server, bool cache = true) =>
        SimplestreamsRemote.Of(new(ServerAddress.Parse(server.Url)), cache ? directory["cache"] : null, warnings.Add);

    private Task<WebServer> ServeAsync(Action<HttpContext>? answered = null) => WebServer.StartAsync(async http =>
    {
        await SendFileAsync(http);
        answered?.Invoke(http);
    });

    private Task SendFileAsync(HttpContext http)
    {
        var file = new FileInfo(tree[http.Request.Path.Value!.TrimStart('/')]);
        return Results.File(file.FullName, enableRangeProcessing: true, entityTag: new($"\"{file.Length}\"")).ExecuteAsync(http);
    }
}
