using System.Text;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Transfers;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Oci.Publishing;
using Stapes.Tests.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Client;

public sealed class OciRemoteTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task An_image_of_this_architecture_is_found_and_fetched()
    {
        await using var registry = await TestRegistry.StartAsync();
        var other = registry.AddImage("library/app", "other", "s390x", new LayerBuilder().File("app", "other"));
        var ours = registry.AddImage("library/app", "ours", "amd64", new LayerBuilder().File("app", "ours"));
        var index = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            MediaType = OciMediaTypes.Index,
            Manifests = [other with { Platform = new() { Architecture = "s390x", Os = "linux" } }, ours with { Platform = new() { Architecture = "amd64", Os = "linux" } }],
        }, OciJson.Context.OciIndex);
        registry.AddManifest("library/app", "1.0", index, OciMediaTypes.Index);
        using var remote = registry.Open(directory);

        var image = (await remote.FindAsync("library/app:1.0", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
        (image.Architecture.Name, image.Type, image.Properties["type"], image.Properties["release"]).ShouldBe(("x86_64", ImageType.Container, "oci", "1.0"));
        using var files = await remote.FetchAsync(image, new(directory["staging"]), Cancellation);
        files.MadeFingerprint.ShouldNotBeNull();

        (await remote.FindAsync("library/app:1.0", null, Architecture.Parse("s390x"), Cancellation)).ShouldNotBeNull().Architecture.Name.ShouldBe("s390x");
        (await Should.ThrowAsync<StapesException>(remote.FindAsync("library/app:1.0", null, Architecture.Parse("riscv64"), Cancellation))).Message.ShouldContain("it has s390x, x86_64");
        (await remote.FindAsync($"library/app@{ours.Digest}", null, null, Cancellation)).ShouldNotBeNull().Architecture.Name.ShouldBe("x86_64");
        (await remote.FindAsync("library/app:none", null, null, Cancellation)).ShouldBeNull();
        (await remote.FindAsync("library/app:1.0", ImageType.VirtualMachine, Architecture.Parse("x86_64"), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_layer_that_is_there_is_not_fetched_again()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("base"), new LayerBuilder().File("app", "1"));
        registry.AddImage("app", "2", "amd64", new LayerBuilder().File("base"), new LayerBuilder().File("app", "2"));
        using var remote = registry.Open(directory);
        var parts = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        FileProgress Begin(string part, long? size) => new(bytes => parts.AddOrUpdate(part, bytes, (_, sum) => sum + bytes));
        foreach (var tag in (string[])["1", "2", "1"])
        {
            var image = (await remote.FindAsync($"app:{tag}", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
            using var files = await remote.FetchAsync(image, new(directory["staging"]) { Watch = Begin }, Cancellation);
        }

        // Each layer is told of by itself.
        parts.Keys.ShouldAllBe(static p => System.Text.RegularExpressions.Regex.IsMatch(p, "^layer [0-9a-f]{12}$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
        parts.Count.ShouldBe(3);

        // Two configurations, one of them twice, and three layers.
        registry.Requests.Count(static r => r.Contains("/blobs/", StringComparison.Ordinal)).ShouldBe(6);
    }

    [Fact]
    public async Task Tokens_are_asked_for_with_and_without_a_login()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("app"));
        registry.Account = ("me", "secret");
        using var stranger = registry.Open(directory);
        (await Should.ThrowAsync<StapesException>(stranger.FindAsync("app:1", null, null, Cancellation))).Kind.ShouldBe(ErrorKind.Forbidden);
        using var wrong = registry.Open(directory, new("me", "other"));
        var failure = await Should.ThrowAsync<StapesException>(wrong.FindAsync("app:1", null, null, Cancellation));
        (failure.Kind, failure.Message.Contains("other", StringComparison.Ordinal)).ShouldBe((ErrorKind.Forbidden, false));
        using var known = registry.Open(directory, new("me", "secret"));
        (await known.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();

        registry.IsPublic = true;
        using var later = registry.Open(directory);
        (await later.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_server_that_the_registry_sends_us_to_gets_no_password_whatever_it_asks_for()
    {
        await using var registry = await TestRegistry.StartAsync();
        await using var elsewhere = await TestRegistry.StartAsync();
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("app"));
        (registry.Account, elsewhere.Account, registry.BlobsElsewhere) = (("me", "secret"), ("me", "secret"), elsewhere.Url);
        using var remote = registry.Open(directory, new("me", "secret"));
        await Should.ThrowAsync<StapesException>(remote.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation));
        elsewhere.Requests.ShouldNotBeEmpty();
        elsewhere.Requests.ShouldNotContain("GET /token");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://other.example/one")]
    public async Task The_bytes_of_a_push_go_over_HTTP_only(string place)
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.UploadPlace = place;
        using var connection = registry.Connect();
        (await Should.ThrowAsync<StapesException>(new BlobPush(connection, "app").PushAsync(
            LayerBuilder.DigestOf("x"u8.ToArray()).Sha256!.Value, 1, static () => new MemoryStream("x"u8.ToArray()), Cancellation))).Message.ShouldContain("nothing was sent");
    }

    [Fact]
    public async Task An_index_that_names_others_again_and_again_is_read_once()
    {
        await using var registry = await TestRegistry.StartAsync();
        var entry = registry.AddImage("app", "one", "amd64", new LayerBuilder().File("app"));
        for (var depth = 0; depth < 4; depth++)
        {
            entry = registry.AddManifest("app", "index", JsonSerializer.SerializeToUtf8Bytes(
                new() { MediaType = OciMediaTypes.Index, Manifests = [.. Enumerable.Repeat(entry, 100)] }, OciJson.Context.OciIndex), OciMediaTypes.Index);
        }

        var reads = 0;
        var pushed = Pushed(registry, "app", "index");
        pushed = pushed with { OpenAsync = (descriptor, cancellation) => ++reads < 1000 ? Pushed(registry, "app", "index").OpenAsync(descriptor, cancellation) : throw new InvalidOperationException("once") };
        var manifests = 0;
        await foreach (var manifest in pushed.ReadManifestsAsync(Cancellation))
            manifests++;
        (manifests, reads).ShouldBe((1, 4));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    public async Task An_index_leads_to_a_thousand_manifests_and_no_more(int count)
    {
        await using var registry = await TestRegistry.StartAsync();
        var entries = Enumerable.Range(0, count).Select(i => registry.AddManifest("app", "one", JsonSerializer.SerializeToUtf8Bytes(
            new() { MediaType = OciMediaTypes.Manifest, Annotations = new Dictionary<string, string> { ["number"] = $"{i}" } }, OciJson.Context.OciManifest))).ToList();
        registry.AddManifest("app", "index", JsonSerializer.SerializeToUtf8Bytes(new() { MediaType = OciMediaTypes.Index, Manifests = entries }, OciJson.Context.OciIndex), OciMediaTypes.Index);

        var read = 0;
        async Task ReadAsync()
        {
            await foreach (var manifest in Pushed(registry, "app", "index").ReadManifestsAsync(Cancellation))
                read++;
        }

        if (count > 1000)
            (await Should.ThrowAsync<StapesException>(ReadAsync)).Message.ShouldContain("more than 1000 manifests");
        else
            await ReadAsync();
        read.ShouldBe(1000);
    }

    [Fact]
    public async Task Too_many_requests_are_waited_for()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("app"));
        registry.TooMany = 3;
        using var remote = registry.Open(directory);
        (await remote.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
        registry.TooMany = 100;
        (await Should.ThrowAsync<StapesException>(remote.FindAsync("app:1", null, null, Cancellation))).Message.ShouldContain("too many requests");
    }

    [Theory]
    [InlineData("<html>Welcome</html>", "web page")]
    public async Task A_web_page_is_no_registry(string page, string why)
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Page = page;
        using var remote = registry.Open(directory);
        (await Should.ThrowAsync<StapesException>(remote.FindAsync("app:1", null, null, Cancellation))).Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"schemaVersion\":1}")]
    [InlineData("{\"schemaVersion\":2,\"config\":7}")]
    [InlineData("{\"schemaVersion\":2,\"layers\":[]}")]
    public async Task What_is_no_manifest_is_refused(string manifest)
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.AddManifest("app", "1", Encoding.UTF8.GetBytes(manifest), "text/plain");
        using var remote = registry.Open(directory);
        await Should.ThrowAsync<StapesException>(remote.FindAsync("app:1", null, null, Cancellation));
    }

    [Fact]
    public async Task A_layer_with_other_bytes_leaves_nothing()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("app"));
        foreach (var blob in registry.Content.Where(static c => c.Value.Bytes is [0x1f, ..]).ToList())
            registry.Content[blob.Key] = ([.. blob.Value.Bytes[..^1], 7], blob.Value.Type);
        using var remote = registry.Open(directory);
        var image = (await remote.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
        await Should.ThrowAsync<StapesException>(remote.FetchAsync(image, new(directory["staging"]), Cancellation));
        Directory.EnumerateFiles(directory["layers"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("alpine", "library/alpine:latest")]
    [InlineData("alpine:3.20", "library/alpine:3.20")]
    [InlineData("some/app", "some/app:latest")]
    public void Names_of_docker_io_are_completed(string text, string expected) => ImageName.Parse(text, isDockerHub: true).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("App")]
    [InlineData("../app")]
    [InlineData("app:tag:x")]
    [InlineData("app:")]
    [InlineData("app@sha256:12")]
    [InlineData("app/")]
    [InlineData("app:1\n")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void Other_names_are_refused(string text) => Should.Throw<StapesException>(() => ImageName.Parse(text, isDockerHub: false)).Kind.ShouldBe(ErrorKind.Invalid);

    [Fact]
    public async Task A_credential_helper_is_asked()
    {
        directory.Write("helper", "#!/bin/sh\nread server\n[ \"$1 $server\" = 'get https://r.example' ] || { echo 'credentials not found in native keychain'; exit 1; }\necho '{\"ServerURL\":\"x\",\"Username\":\"me\",\"Secret\":\"s\"}'\n"u8);
        File.SetUnixFileMode(directory["helper"], UnixFileMode.UserExecute | UnixFileMode.UserRead);
        var found = (await RegistryCredentials.AskHelperAsync(directory["helper"], "https://r.example", Cancellation)).ShouldNotBeNull();
        (found.Login, found.Secret).ShouldBe(("me", "s"));
        (await RegistryCredentials.AskHelperAsync(directory["helper"], "https://other.example", Cancellation)).ShouldBeNull();
        (await Should.ThrowAsync<StapesException>(RegistryCredentials.AskHelperAsync(directory["none"], "x", Cancellation))).Message.ShouldContain("cannot be started");
    }

    [Fact]
    public async Task An_image_pushed_as_an_artifact_comes_back_with_its_fingerprint()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Account = ("me", "secret");
        await using var library = await DataDirectory.OpenLibraryAsync(directory["data"], new(), Cancellation);
        await using var second = await DataDirectory.OpenLibraryAsync(directory["second"], new(), Cancellation);
        registry.AddImage("app", "1", "amd64", new LayerBuilder().File("app"));
        using var remote = registry.Open(directory, new("me", "secret"));
        var image = (await remote.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
        using var files = await remote.FetchAsync(image, new(directory["staging"]), Cancellation);
        image = image with { Fingerprint = files.MadeFingerprint!.Value };

        using var target = new OciTarget(registry.Connect(new("me", "secret")), directory["staging"]);
        await target.AddAsync(image, files, new() { Aliases = [new("system:1", "")] }, null, Cancellation);

        var back = (await remote.FindAsync("system:1", null, null, Cancellation)).ShouldNotBeNull();
        (back.Fingerprint, back.Properties["id"]).ShouldBe((image.Fingerprint, "app:1"));
        using var again = await remote.FetchAsync(back, new(directory["staging"]), Cancellation);
        again.MadeFingerprint.ShouldBe(image.Fingerprint);
        again.Root!.Digest.ShouldBe(files.Root!.Digest);
    }

    [Fact]
    public async Task What_is_pushed_becomes_images_and_their_aliases_follow_the_tag()
    {
        await using var registry = await TestRegistry.StartAsync();
        await using var library = await DataDirectory.OpenLibraryAsync(directory["data"], new(), Cancellation);
        var publisher = new ImagePublisher(library, new());

        registry.AddImage("some/app", "latest", "amd64", new LayerBuilder().File("app", "1"));
        var first = (await PublishAsync("1")).Images.ShouldHaveSingleItem();
        first.Aliases.Select(static a => a.Name).ShouldBe(["some/app", "some/app:latest"]);
        (first.Public, first.Properties["type"], first.Properties["os"]).ShouldBe((true, "oci", "app"));
        (await PublishAsync("1")).Images.ShouldHaveSingleItem().Fingerprint.ShouldBe(first.Fingerprint);

        registry.AddImage("some/app", "latest", "amd64", new LayerBuilder().File("app", "2"));
        var second = (await PublishAsync("2")).Images.ShouldHaveSingleItem();
        var images = (await library.GetSnapshotAsync(Cancellation)).Images;
        images.ShouldHaveSingleItem().Fingerprint.ShouldBe(second.Fingerprint);
        images[0].Aliases.Select(static a => a.Name).ShouldBe(["some/app", "some/app:latest"]);

        Task<PublishOutcome> PublishAsync(string digest) => publisher.PublishAsync(
            Pushed(registry, "some/app", "latest"),
            new() { Repository = "some/app", Tag = "latest", Digest = digest, Project = Image.DefaultProject, IsPublic = true },
            Cancellation);
    }

    private static PublishedManifest Pushed(TestRegistry registry, string repository, string tag)
    {
        var (bytes, type) = registry.Content[$"/v2/{repository}/manifests/{tag}"];
        return new(repository, tag, type, bytes, (descriptor, _) => ValueTask.FromResult<Stream>(new MemoryStream(
            (registry.Content.TryGetValue($"/v2/{repository}/blobs/{descriptor.Digest}", out var blob) ? blob : registry.Content[$"/v2/{repository}/manifests/{descriptor.Digest}"]).Bytes)));
    }
}
