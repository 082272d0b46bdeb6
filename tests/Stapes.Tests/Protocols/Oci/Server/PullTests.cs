using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>Source: OCI distribution-spec 1.1, «Pull», «Content Discovery».</summary>
public sealed class PullTests : RegistryTest
{
    [Fact]
    public async Task A_manifest_is_pulled_by_tag_and_by_digest_byte_for_byte()
    {
        // Indented, so that whoever writes it anew changes it.
        var manifest = Encoding.UTF8.GetBytes(JsonNode.Parse(await MakeImageAsync(Name, null, "layer"))!.ToJsonString(new() { WriteIndented = true }));
        using var pushed = await PushManifestAsync("v1", manifest);
        pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
        var digest = Sha256(manifest);
        Header(pushed, "Docker-Content-Digest").ShouldBe(digest);
        pushed.Headers.Location!.OriginalString.ShouldBe($"/v2/{Name}/manifests/{digest}");

        foreach (var reference in (string[])["v1", digest])
        {
            using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/{reference}");
            pulled.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(manifest);
            Header(pulled, "Content-Type").ShouldBe(ManifestType);
            Header(pulled, "Docker-Content-Digest").ShouldBe(digest);
            using var head = await SendAsync("HEAD", $"/v2/{Name}/manifests/{reference}");
            head.StatusCode.ShouldBe(HttpStatusCode.OK);
            head.Content.Headers.ContentLength.ShouldBe(manifest.Length);
            Header(head, "Docker-Content-Digest").ShouldBe(digest);
        }

        using var known = await SendAsync("GET", $"/v2/{Name}/manifests/v1", headers: ("If-None-Match", $"\"{digest}\""));
        known.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_blob_is_pulled_whole_in_ranges_and_as_head()
    {
        var digest = await PushBlobAsync("0123456789"u8.ToArray());

        using var whole = await SendAsync("GET", $"/v2/{Name}/blobs/{digest}");
        (await whole.Content.ReadAsStringAsync(Cancellation)).ShouldBe("0123456789");
        Header(whole, "Docker-Content-Digest").ShouldBe(digest);
        using var head = await SendAsync("HEAD", $"/v2/{Name}/blobs/{digest}");
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Content.Headers.ContentLength.ShouldBe(10);
        using var part = await SendAsync("GET", $"/v2/{Name}/blobs/{digest}", headers: ("Range", "bytes=3-5"));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsStringAsync(Cancellation)).ShouldBe("345");
        using var beyond = await SendAsync("GET", $"/v2/{Name}/blobs/{digest}", headers: ("Range", "bytes=10-"));
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task What_is_not_there_is_told_in_the_form_of_the_specification()
    {
        var digest = Sha256("nothing"u8);

        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/none"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/{digest}"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/{digest}"), HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/tags/list"), HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/nonsense"), HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/sha256:12"), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/referrers/nonsense"), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("PATCH", $"/v2/{Name}/manifests/x", Bytes([])), HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");
    }

    [Theory]
    [InlineData("Upper/app")]
    [InlineData("a//b")]
    [InlineData("a/.git")]
    [InlineData("a..b")]
    [InlineData("a%2F..%2Fb")]
    [InlineData("-a")]
    [InlineData("a/%0a")]
    public async Task Names_that_the_specification_does_not_allow_are_refused(string name)
    {
        await ShouldFailAsync(SendAsync("GET", $"/v2/{name}/manifests/v1"), HttpStatusCode.BadRequest, "NAME_INVALID");
        await ShouldFailAsync(SendAsync("POST", $"/v2/{name}/blobs/uploads/", Bytes([])), HttpStatusCode.BadRequest, "NAME_INVALID");
        Files("blobs").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_longest_names_are_read_quickly()
    {
        await ShouldFailAsync(SendAsync("GET", $"/v2/{new string('a', 256)}/manifests/v1"), HttpStatusCode.BadRequest, "NAME_INVALID");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{new string('a', 255)}/manifests/v1"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{string.Concat(Enumerable.Repeat("a-", 4000))}/manifests/v1"), HttpStatusCode.BadRequest, "NAME_INVALID");
        await ShouldFailAsync(SendAsync("GET", $"/v2/a/manifests/{new string('t', 129)}"), HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task Tags_are_listed_page_by_page()
    {
        var manifest = await MakeImageAsync(Name, null);
        foreach (var tag in (string[])["c", "a", "b", "A"])
            (await PushManifestAsync(tag, manifest)).Dispose();

        await ShouldListAsync("", ["A", "a", "b", "c"], null);
        await ShouldListAsync("?n=2", ["A", "a"], $"</v2/{Name}/tags/list?last=a&n=2>; rel=\"next\"");
        await ShouldListAsync("?last=a&n=2", ["b", "c"], null);
        await ShouldListAsync("?last=b", ["c"], null);
        await ShouldListAsync("?n=0", [], null);
        (await TagsAsync("?n=99999999999")).Tags.Length.ShouldBe(4);
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/tags/list?n=-1"), HttpStatusCode.BadRequest, "PAGINATION_NUMBER_INVALID");
    }

    [Fact]
    public async Task Repositories_are_listed_page_by_page()
    {
        foreach (var name in (string[])["b", "a/x", "c"])
            await PushBlobAsync("1"u8.ToArray(), name);

        using var first = await SendAsync("GET", "/v2/_catalog?n=2");
        (await first.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"repositories":["a/x","b"]}""");
        using var next = await SendAsync("GET", Header(first, "Link")!.Split('<', '>')[1]);
        (await next.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"repositories":["c"]}""");
        Header(next, "Link").ShouldBeNull();
    }

    [Fact]
    public async Task Referrers_are_listed_with_their_types_and_annotations()
    {
        var subject = await MakeImageAsync(Name, null, "image");
        var about = Descriptor(ManifestType, subject);
        var signature = await MakeImageAsync(Name, m =>
        {
            m["subject"] = about.DeepClone();
            m["artifactType"] = "application/signature";
            m["annotations"] = new JsonObject { ["k"] = "<v>+ü" };
        });
        var old = await MakeImageAsync(Name, m => m["subject"] = about.DeepClone());
        var index = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = new JsonArray(),
            ["subject"] = about.DeepClone(),
        }.ToJsonString());

        foreach (var (content, type) in ((byte[], string)[])[(signature, ManifestType), (old, ManifestType), (index, IndexType)])
        {
            using var pushed = await PushManifestAsync(Sha256(content), content, type);
            pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
            Header(pushed, "OCI-Subject").ShouldBe(Sha256(subject));
        }

        var (all, _) = await ReferrersAsync(Sha256(subject));
        all.Count.ShouldBe(3);
        var first = all.Single(d => (string?)d!["digest"] == Sha256(signature))!;
        first.ToJsonString().ShouldContain("\"annotations\"");
        ((string?)first["artifactType"]).ShouldBe("application/signature");
        ((string?)first["annotations"]!["k"]).ShouldBe("<v>+ü");
        ((int)first["size"]!).ShouldBe(signature.Length);
        ((string?)all.Single(d => (string?)d!["digest"] == Sha256(old))!["artifactType"]).ShouldBe("application/vnd.oci.empty.v1+json");
        all.Single(d => (string?)d!["digest"] == Sha256(index))!["artifactType"].ShouldBeNull();

        var (some, response) = await ReferrersAsync(Sha256(subject) + "?artifactType=application/signature");
        some.Count.ShouldBe(1);
        Header(response, "OCI-Filters-Applied").ShouldBe("artifactType");
        (await ReferrersAsync(Sha256("nothing"u8))).List.Count.ShouldBe(0);

        (await SendAsync("DELETE", $"/v2/{Name}/manifests/{Sha256(signature)}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await ReferrersAsync(Sha256(subject))).List.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Many_referrers_come_page_by_page()
    {
        var about = Descriptor(ManifestType, "subject"u8);
        var annotation = new string('x', 1 << 20);
        for (var i = 0; i < 5; i++)
        {
            var number = i;
            var manifest = await MakeImageAsync(Name, m =>
            {
                m["subject"] = about.DeepClone();
                m["annotations"] = new JsonObject { ["k"] = $"{number}{annotation}" };
            });
            (await PushManifestAsync(Sha256(manifest), manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        var found = new HashSet<string>();
        for (var path = $"/v2/{Name}/referrers/{Sha256("subject"u8)}?artifactType=application/vnd.oci.empty.v1%2Bjson"; path is not null;)
        {
            using var response = await SendAsync("GET", path);
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            body.Length.ShouldBeLessThan(4 << 20);
            foreach (var item in JsonNode.Parse(body)!["manifests"]!.AsArray())
                found.Add((string)item!["digest"]!).ShouldBeTrue();
            path = Header(response, "Link")?.Split('<', '>')[1];
        }

        found.Count.ShouldBe(5);
    }

    private async Task<(JsonArray List, HttpResponseMessage Response)> ReferrersAsync(string reference)
    {
        var response = await SendAsync("GET", $"/v2/{Name}/referrers/{reference}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(response, "Content-Type").ShouldBe(IndexType);
        var index = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        ((int)index["schemaVersion"]!).ShouldBe(2);
        ((string?)index["mediaType"]).ShouldBe(IndexType);
        return (index["manifests"]!.AsArray(), response);
    }

    private async Task ShouldListAsync(string query, string[] tags, string? link)
    {
        var (found, next) = await TagsAsync(query);
        found.ShouldBe(tags);
        next.ShouldBe(link);
    }

    private async Task<(string[] Tags, string? Link)> TagsAsync(string query)
    {
        using var response = await SendAsync("GET", $"/v2/{Name}/tags/list{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var list = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        ((string?)list["name"]).ShouldBe(Name);
        return ([.. list["tags"]!.AsArray().Select(static t => (string)t!)], Header(response, "Link"));
    }
}
