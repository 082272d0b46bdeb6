using System.Net;
using System.Text.Json.Nodes;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Tests.Hosting;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Simplestreams.Serving;

/// <summary>What strangers and those with a token are shown over simplestreams.</summary>
public sealed class PrivateImageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_token_sees_an_index_with_the_images_that_it_may_see()
    {
        await using var server = await StartAsync();
        using var stranger = server.WithCertificate(null);
        using var shop = server.WithToken(await server.Server.Access.TokenAsync("shop", Role.Viewer, "shop"));
        using var all = server.WithToken(await server.Server.Access.TokenAsync("all", Role.Viewer));
        (await ReleasesAsync(stranger)).ShouldBe(["public"]);
        (await ReleasesAsync(shop)).ShouldBe(["public", "shop"]);
        (await ReleasesAsync(all)).ShouldBe(["private", "public", "shop"]);
        (await ReleasesAsync(stranger)).ShouldBe(["public"], "what others asked for in between is nothing to a stranger");
    }

    [Fact]
    public async Task A_token_in_the_path_does_the_same_and_leads_to_the_files()
    {
        await using var server = await StartAsync();
        var secret = await server.Server.Access.TokenAsync("shop", Role.Viewer, "shop");
        using var client = server.WithCertificate(null);
        (await ReleasesAsync(client, $"/t/{secret}")).ShouldBe(["public", "shop"]);
        (await GetAsync(client, $"/t/{secret}/1.0/images")).StatusCode.ShouldBe(HttpStatusCode.NotFound, "only simplestreams is there");
        (await GetAsync(client, "/t/guess/streams/v1/index.json")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(client, $"/t/{secret}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var file = await FileAsync(server, "shop", "shop");
        (await GetAsync(client, $"/t/{secret}/images/{file}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await GetAsync(client, $"/t/{secret}/images/{await FileAsync(server, "default", "private")}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await server.StopAsync();
        server.Log.ShouldNotContain(secret);
        server.Log.ShouldNotContain("/t/");
    }

    [Theory]
    [InlineData("//t/{0}/streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/t/{0}//streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/T/{0}/streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/%74/{0}/streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/x/../t/{0}/streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/t/{0}/../{0}/streams/v1/images.json", HttpStatusCode.OK)]
    [InlineData("/t/{0}/streams/../1.0/images", HttpStatusCode.NotFound)]
    [InlineData("/t/{0}/streams%2Fv1/images.json", HttpStatusCode.NotFound)]
    public async Task However_the_path_is_written_its_token_is_not_logged_and_opens_simplestreams_alone(string path, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        var secret = await server.Server.Access.TokenAsync("shop", Role.Viewer, "shop");
        await using (var connection = await server.ConnectAsync())
        {
            // Clients in .NET tidy up a path before they send it.
            await connection.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path.Replace("{0}", secret, StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Cancellation);
            using var reader = new StreamReader(connection);
            (await reader.ReadToEndAsync(Cancellation)).ShouldStartWith($"HTTP/1.1 {(int)status} ");
        }

        await server.StopAsync();
        server.Log.ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_bearer_token_sees_what_the_same_token_sees_as_a_password()
    {
        await using var server = await StartAsync();
        using var client = server.WithCertificate(null);
        client.DefaultRequestHeaders.Authorization = new("Bearer", await server.Server.Access.TokenAsync("shop", Role.Viewer, "shop"));
        (await ReleasesAsync(client)).ShouldBe(["public", "shop"]);
        (await StatusAsync(client, await FileAsync(server, "shop", "shop"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(client, await FileAsync(server, "default", "private"))).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_files_of_private_images_are_for_those_who_may_see_them()
    {
        await using var server = await StartAsync();
        using var stranger = server.WithCertificate(null);
        using var shop = server.WithToken(await server.Server.Access.TokenAsync("shop", Role.Viewer, "shop"));
        using var all = server.WithToken(await server.Server.Access.TokenAsync("all", Role.Viewer));
        var (hidden, own) = (await FileAsync(server, "default", "private"), await FileAsync(server, "shop", "shop"));
        (await StatusAsync(stranger, hidden), await StatusAsync(stranger, own)).ShouldBe((HttpStatusCode.NotFound, HttpStatusCode.NotFound));
        (await StatusAsync(shop, hidden), await StatusAsync(shop, own)).ShouldBe((HttpStatusCode.NotFound, HttpStatusCode.OK));
        (await StatusAsync(all, hidden), await StatusAsync(all, own)).ShouldBe((HttpStatusCode.OK, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Caches_never_give_one_caller_what_was_made_for_another()
    {
        await using var server = await StartAsync();
        using var stranger = server.WithCertificate(null);
        using var all = server.WithToken(await server.Server.Access.TokenAsync("all", Role.Viewer));
        using var open = await GetAsync(stranger, "/streams/v1/images.json");
        using var closed = await GetAsync(all, "/streams/v1/images.json");
        open.Headers.CacheControl!.Public.ShouldBeTrue();
        open.Headers.Vary.ShouldContain("Authorization");
        closed.Headers.CacheControl!.Private.ShouldBeTrue();
        closed.Headers.CacheControl.NoCache.ShouldBeTrue();
        closed.Headers.Vary.ShouldContain("Authorization");
        closed.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        closed.Headers.ETag.ShouldNotBe(open.Headers.ETag);
        using var file = await GetAsync(all, $"/images/{await FileAsync(server, "default", "private")}");
        file.Headers.CacheControl!.Private.ShouldBeTrue();
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_not_shown_what_is_public()
    {
        await using var server = await StartAsync();
        using var client = server.WithToken("guess");
        using var response = await GetAsync(client, "/streams/v1/index.json");
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Basic");
    }

    [Fact]
    public async Task An_alias_that_two_projects_have_leads_to_one_image()
    {
        await using var server = await StartAsync();
        using var all = server.WithToken(await server.Server.Access.TokenAsync("all", Role.Viewer));
        var list = await all.GetStringAsync(new Uri("/streams/v1/images.json", UriKind.Relative), Cancellation);
        list.Split("same").Length.ShouldBe(2);
    }

    private static async Task<RunningServer> StartAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.Server.Access.ChangeProjectsAsync(ProjectChanges.Create(new("shop", "")), Cancellation);
        await AddAsync("default", "public", isPublic: true);
        await AddAsync("default", "private", isPublic: false, "same");
        await AddAsync("shop", "shop", isPublic: false, "same");
        return server;

        async Task AddAsync(string project, string release, bool isPublic, params string[] aliases)
        {
            var bytes = SampleImage.Unified(SampleImage.Yaml(release: release));
            await server.Server.Library.AddAsync(new ImageUpload(new("image", new MemoryStream(bytes))), new()
            {
                Project = project,
                Public = isPublic,
                Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))],
            }, Cancellation);
        }
    }

    private static async Task<IReadOnlyList<string>> ReleasesAsync(HttpClient client, string prefix = "")
    {
        var list = JsonNode.Parse(await client.GetStringAsync(new Uri($"{prefix}/streams/v1/images.json", UriKind.Relative), Cancellation))!;
        return [.. list["products"]!.AsObject().Select(static p => (string)p.Value!["release"]!).Order(StringComparer.Ordinal)];
    }

    private static async Task<string> FileAsync(RunningServer server, string project, string release)
    {
        var snapshot = await server.Server.Library.GetSnapshotAsync(Cancellation);
        var file = snapshot.InProject(project).Single(i => i.Properties["release"] == release).MetadataFile;
        return $"{file.Digest}{file.Extension}";
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string file)
    {
        using var response = await GetAsync(client, $"/images/{file}");
        return response.StatusCode;
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string path) => client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
}
