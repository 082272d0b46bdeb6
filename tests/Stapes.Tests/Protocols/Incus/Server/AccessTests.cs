using System.Net;
using Stapes.Core.Library;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class AccessTests : IncusServerTest
{
    /// <summary>Every route: method, path, body, and what a stranger and a trusted caller get for a public and for a private image.</summary>
    public static TheoryData<string, string, string?, int, int, int> Routes => new()
    {
        // method, path, body, stranger × public, stranger × private, trusted × either
        { "GET", "/", null, 200, 200, 200 },
        { "GET", "/1.0", null, 200, 200, 200 },
        { "GET", "/1.0/images", null, 200, 200, 200 },
        { "GET", "/1.0/images?recursion=1", null, 200, 200, 200 },
        { "GET", "/1.0/images?all-projects=true", null, 400, 400, 200 },
        { "GET", "/1.0/images?project=other", null, 400, 400, 200 },
        { "POST", "/1.0/images", "{}", 403, 403, 400 },
        { "GET", "/1.0/images/FP", null, 200, 404, 200 },
        { "GET", "/1.0/images/FP?secret=guess", null, 200, 404, 200 },
        { "PUT", "/1.0/images/FP", "{}", 403, 403, 200 },
        { "PATCH", "/1.0/images/FP", "{}", 403, 403, 200 },
        { "DELETE", "/1.0/images/FP", null, 403, 403, 202 },
        { "POST", "/1.0/images/FP/refresh", null, 403, 403, 202 },
        { "POST", "/1.0/images/FP/secret", null, 403, 403, 202 },
        { "POST", "/1.0/images/FP/export", "{}", 403, 403, 403 },
        { "POST", "/1.0/images", """{"source":{"type":"image","fingerprint":"a","server":"https://x.example"}}""", 403, 403, 202 },
        { "POST", "/1.0/images", """{"source":{"type":"url","url":"https://x.example"}}""", 403, 403, 403 },
        { "GET", "/1.0/images/aliases", null, 200, 200, 200 },
        { "GET", "/1.0/images/aliases?recursion=1", null, 200, 200, 200 },
        { "POST", "/1.0/images/aliases", """{"name":"new","target":"FP"}""", 403, 403, 201 },
        { "GET", "/1.0/images/aliases/name", null, 200, 404, 200 },
        { "PUT", "/1.0/images/aliases/name", """{"target":"FP"}""", 403, 403, 200 },
        { "PATCH", "/1.0/images/aliases/name", "{}", 403, 403, 200 },
        { "POST", "/1.0/images/aliases/name", """{"name":"other"}""", 403, 403, 201 },
        { "DELETE", "/1.0/images/aliases/name", null, 403, 403, 200 },
        { "GET", "/1.0/operations", null, 403, 403, 200 },
        { "GET", "/1.0/operations/x", null, 403, 403, 404 },
        { "GET", "/1.0/operations/x/wait", null, 403, 403, 404 },
        { "DELETE", "/1.0/operations/x", null, 403, 403, 404 },
        { "GET", "/1.0/events", null, 403, 403, 400 },
        { "GET", "/1.0/projects", null, 403, 403, 200 },
        { "GET", "/1.0/projects/default", null, 403, 403, 200 },
        { "GET", "/1.0/projects/other", null, 403, 403, 404 },
        { "GET", "/1.0/instances", null, 403, 403, 404 },
        { "PUT", "/1.0", "{}", 403, 403, 404 },
        { "POST", "/1.0/certificates", "{}", 403, 403, 400 },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Each_route_answers_strangers_and_the_trusted_as_it_should(
        string method, string path, string? body, int strangerPublic, int strangerPrivate, int trusted)
    {
        var fingerprint = await AddAsync(isPublic: false, aliases: "name");
        path = path.Replace("FP", fingerprint);
        body = body?.Replace("FP", fingerprint);

        ((int)await StatusAsync(Stranger, method, path, body)).ShouldBe(strangerPrivate);
        await RunAsync("PATCH");
        ((int)await StatusAsync(Stranger, method, path, body)).ShouldBe(strangerPublic);
        ((int)await StatusAsync(Trusted, method, path, body)).ShouldBe(trusted);

        async Task RunAsync(string verb) =>
            (await StatusAsync(Trusted, verb, $"/1.0/images/{fingerprint}", """{"public":true}""")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_private_image_is_missing_in_the_same_words_as_an_unknown_one()
    {
        var fingerprint = await AddAsync();
        foreach (var suffix in (string[])["", "/export"])
        {
            var (status, hidden) = await SendAsync(Stranger, "GET", $"/1.0/images/{fingerprint}{suffix}");
            var unknownFingerprint = new string('0', 64);
            var (unknownStatus, unknown) = await SendAsync(Stranger, "GET", $"/1.0/images/{unknownFingerprint}{suffix}");
            status.ShouldBe(unknownStatus);
            hidden.ToJsonString().Replace(fingerprint, unknownFingerprint).ShouldBe(unknown.ToJsonString());
        }
    }

    [Fact]
    public async Task A_private_image_does_not_make_the_prefix_of_a_public_one_ambiguous()
    {
        // Two images whose fingerprints begin with the same digit.
        var (visible, prefix) = await AddTwinsAsync();
        (await GetAsync(Stranger, $"/1.0/images/{prefix}"))["fingerprint"]!.GetValue<string>().ShouldBe(visible);
        var (status, body) = await SendAsync(Trusted, "GET", $"/1.0/images/{prefix}");
        status.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)body["error"])!.ShouldContain("More than one image matches");
    }

    [Fact]
    public async Task Lists_for_strangers_hold_public_images_only()
    {
        var visible = await AddAsync("1", isPublic: true, aliases: "shown");
        await AddAsync("2", isPublic: false, aliases: "hidden");
        (await GetAsync(Stranger, "/1.0/images")).AsArray().Select(static n => (string?)n).ShouldBe([$"/1.0/images/{visible}"]);
        (await GetAsync(Stranger, "/1.0/images?recursion=1")).AsArray().Count.ShouldBe(1);
        (await GetAsync(Stranger, "/1.0/images?filter=public%20eq%20false")).AsArray().ShouldBeEmpty();
        (await GetAsync(Stranger, "/1.0/images/aliases")).AsArray().Select(static n => (string?)n).ShouldBe(["/1.0/images/aliases/shown"]);
        (await GetAsync(Trusted, "/1.0/images")).AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("/1.0")]
    [InlineData("/1.0/images")]
    [InlineData("/1.0/images?recursion=1")]
    [InlineData("/1.0/images/FP")]
    [InlineData("/1.0/images/FP/export")]
    [InlineData("/1.0/images/aliases/name")]
    public async Task Caches_never_give_one_caller_what_was_made_for_another(string path)
    {
        var fingerprint = await AddSplitAsync("name");
        path = path.Replace("FP", fingerprint, StringComparison.Ordinal);
        await ShouldBeKeptAsync(Stranger, path, "");
        await ShouldBeKeptAsync(Trusted, path, "private, no-cache");
        if (path.Contains(fingerprint, StringComparison.Ordinal))
            await ShouldBeKeptAsync(Stranger, path + "?secret=guess", "private, no-cache");
    }

    [Fact]
    public async Task A_caller_who_insists_to_be_trusted_is_refused_and_not_served_as_a_stranger()
    {
        var (status, body) = await SendAsync(Stranger, "GET", "/1.0", headers: ("X-Incus-authenticated", "true"));
        status.ShouldBe(HttpStatusCode.Forbidden);
        ((string?)body["error"]).ShouldBe("not authorized");
        ((int?)body["error_code"]).ShouldBe(403);
    }

    private static async Task ShouldBeKeptAsync(HttpClient client, string path, string caching)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.Vary.ShouldBe(["Authorization"]);
        (response.Headers.CacheControl?.ToString() ?? "").Split(", ").Order().ShouldBe(caching.Split(", ").Order());
    }

    private async Task<string> AddSplitAsync(string alias)
    {
        var upload = new ImageUpload(new("metadata", new MemoryStream(SampleImage.Metadata())), new("root", new MemoryStream(SampleImage.Squashfs())));
        return (await Library.AddAsync(upload, new() { Public = true, Aliases = [new(alias, "")] }, Cancellation)).Fingerprint.Hex;
    }

    private async Task<(string Visible, string Prefix)> AddTwinsAsync()
    {
        var seen = new Dictionary<char, string>();
        for (var i = 0; ; i++)
        {
            var fingerprint = await AddAsync($"{i}", isPublic: true);
            if (seen.TryGetValue(fingerprint[0], out var twin))
            {
                (await StatusAsync(Trusted, "PATCH", $"/1.0/images/{twin}", """{"public":false}""")).ShouldBe(HttpStatusCode.OK);
                return (fingerprint, fingerprint[..1]);
            }

            seen[fingerprint[0]] = fingerprint;
        }
    }
}
