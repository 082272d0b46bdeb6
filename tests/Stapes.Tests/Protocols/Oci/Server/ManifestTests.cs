using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>Source: OCI distribution-spec 1.1, «Pushing Manifests», «Content Management».</summary>
public sealed class ManifestTests : RegistryTest
{
    private const string DockerType = "application/vnd.docker.distribution.manifest.v2+json";

    [Fact]
    public async Task A_manifest_that_names_missing_blobs_is_refused_with_each_of_them()
    {
        var manifest = await MakeImageAsync(Name, m => m["layers"]!.AsArray().Add((JsonNode)Descriptor("x/y", "missing"u8)));

        using var response = await PushManifestAsync("v1", manifest);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)error["code"]).ShouldBe("MANIFEST_BLOB_UNKNOWN");
        ((string?)error["detail"]).ShouldBe(Sha256("missing"u8));
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/v1"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task A_blob_of_another_repository_does_not_count()
    {
        var manifest = await MakeImageAsync("other", null, "layer");

        await ShouldFailAsync(PushManifestAsync("v1", manifest), HttpStatusCode.NotFound, "MANIFEST_BLOB_UNKNOWN");
    }

    [Fact]
    public async Task An_index_of_indexes_needs_its_manifests()
    {
        var image = await MakeImageAsync(Name, null, "layer");
        var inner = Index(image, ManifestType);
        var outer = Index(inner, IndexType);

        await ShouldFailAsync(PushManifestAsync("v1", inner, IndexType), HttpStatusCode.NotFound, "MANIFEST_BLOB_UNKNOWN");
        (await PushManifestAsync(Sha256(image), image)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PushManifestAsync(Sha256(inner), inner, IndexType)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PushManifestAsync("v1", outer, IndexType)).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/v1");
        Header(pulled, "Content-Type").ShouldBe(IndexType);
        (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(outer);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schemaVersion":1,"name":"x","fsLayers":[]}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/x"}""")]
    [InlineData("""{"schemaVersion":2,"layers":[],"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"x/y","digest":"md5:1","size":1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[null]}""")]
    [InlineData("""{"schemaVersion":2,"schemaVersion":2}""")]
    public async Task What_is_no_manifest_is_refused(string content) =>
        await ShouldFailAsync(PushManifestAsync("v1", Encoding.UTF8.GetBytes(content)), HttpStatusCode.BadRequest, "MANIFEST_INVALID");

    [Fact]
    public async Task Deep_and_long_json_is_refused_quickly()
    {
        var deep = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"x":{{new string('[', 1_000_000)}}{{new string(']', 1_000_000)}}}""");
        await ShouldFailAsync(PushManifestAsync("v1", deep), HttpStatusCode.BadRequest, "MANIFEST_INVALID");

        var layer = Descriptor("x/y", "a"u8).ToJsonString();
        var many = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"config":{{layer}},"layers":[{{string.Join(',', Enumerable.Repeat(layer, 20_000))}}]}""");
        await ShouldFailAsync(PushManifestAsync("v1", many), HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task A_manifest_may_have_four_mebibytes_and_no_more()
    {
        var manifest = await MakeImageAsync(Name, m => m["annotations"] = new JsonObject { ["k"] = "" });
        var largest = Grow(manifest, 4 << 20);

        (await PushManifestAsync("v1", largest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/v1");
        (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(largest);
        await ShouldFailAsync(PushManifestAsync("v2", Grow(manifest, (4 << 20) + 1)), HttpStatusCode.RequestEntityTooLarge, "SIZE_INVALID");
    }

    [Fact]
    public async Task A_media_type_that_differs_from_the_declared_one_is_refused()
    {
        var manifest = await MakeImageAsync(Name, null);

        await ShouldFailAsync(PushManifestAsync("v1", manifest, DockerType), HttpStatusCode.BadRequest, "MANIFEST_INVALID");
        (await PushManifestAsync("v1", manifest, ManifestType + "; charset=utf-8")).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/v1");
        Header(pulled, "Content-Type").ShouldBe(ManifestType);
    }

    [Fact]
    public async Task Manifests_of_docker_are_stored_as_they_are()
    {
        var manifest = await MakeImageAsync(Name, static m => m["mediaType"] = DockerType, "layer");
        var list = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.docker.distribution.manifest.list.v2+json",
            ["manifests"] = new JsonArray(Descriptor(DockerType, manifest)),
        }.ToJsonString());

        (await PushManifestAsync(Sha256(manifest), manifest, DockerType)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PushManifestAsync("v1", list, "application/vnd.docker.distribution.manifest.list.v2+json")).StatusCode.ShouldBe(HttpStatusCode.Created);
        using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/{Sha256(manifest)}");
        Header(pulled, "Content-Type").ShouldBe(DockerType);
    }

    [Fact]
    public async Task A_manifest_is_pushed_by_digest_with_tags_beside()
    {
        var manifest = await MakeImageAsync(Name, null);

        using var pushed = await SendAsync("PUT", $"/v2/{Name}/manifests/{Sha256(manifest)}?tag=1&tag=1.2&tag=latest", Bytes(manifest, ManifestType));
        pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
        Header(pushed, "OCI-Tag").ShouldBe("1, 1.2, latest");
        (await SendAsync("HEAD", $"/v2/{Name}/manifests/1.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldFailAsync(PushManifestAsync(Sha256("other"u8), manifest), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(PushManifestAsync(".x", manifest), HttpStatusCode.BadRequest, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task A_manifest_is_addressed_by_sha512_too()
    {
        var manifest = await MakeImageAsync(Name, null);
        var digest = Sha512(manifest);

        using var pushed = await PushManifestAsync(digest, manifest);
        pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
        Header(pushed, "Docker-Content-Digest").ShouldBe(digest);
        using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/{digest}");
        (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(manifest);
    }

    [Fact]
    public async Task A_layer_that_may_not_be_passed_on_may_be_missing()
    {
        var manifest = await MakeImageAsync(Name, static m =>
        {
            var layer = Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", "licensed"u8);
            layer["urls"] = new JsonArray("https://example.org/layer");
            m["layers"]!.AsArray().Add((JsonNode)layer);
        });

        using var pushed = await PushManifestAsync("v1", manifest);
        pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
        Header(pushed, "Warning")!.ShouldStartWith("299 - \"");
    }

    [Fact]
    public async Task Deleted_tags_and_manifests_are_gone()
    {
        var manifest = await MakeImageAsync(Name, null, "layer");
        foreach (var tag in (string[])["a", "b"])
            (await PushManifestAsync(tag, manifest)).Dispose();

        (await SendAsync("DELETE", $"/v2/{Name}/manifests/a")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/a"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        (await SendAsync("GET", $"/v2/{Name}/manifests/b")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldFailAsync(SendAsync("DELETE", $"/v2/{Name}/blobs/{Sha256("layer"u8)}"), HttpStatusCode.MethodNotAllowed, "UNSUPPORTED");

        (await SendAsync("DELETE", $"/v2/{Name}/manifests/{Sha256(manifest)}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/b"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await ShouldFailAsync(SendAsync("DELETE", $"/v2/{Name}/manifests/{Sha256(manifest)}"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        (await SendAsync("DELETE", $"/v2/{Name}/blobs/{Sha256("layer"u8)}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/{Sha256("layer"u8)}"), HttpStatusCode.NotFound, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task A_tag_is_replaced_only_while_it_is_what_the_client_saw()
    {
        var (first, second) = (await MakeImageAsync(Name, null, "1"), await MakeImageAsync(Name, null, "2"));
        (await PushAsync(first, "If-None-Match", "*")).ShouldBe(HttpStatusCode.Created);
        (await PushAsync(second, "If-None-Match", "*")).ShouldBe(HttpStatusCode.PreconditionFailed);
        (await PushAsync(second, "If-Match", $"\"{Sha256(first)}\"")).ShouldBe(HttpStatusCode.Created);
        (await PushAsync(first, "If-Match", $"\"{Sha256(first)}\"")).ShouldBe(HttpStatusCode.PreconditionFailed);

        async Task<HttpStatusCode> PushAsync(byte[] manifest, string header, string value)
        {
            using var response = await SendAsync("PUT", $"/v2/{Name}/manifests/v1", Bytes(manifest, ManifestType), headers: (header, value));
            return response.StatusCode;
        }
    }

    private static byte[] Index(byte[] manifest, string type) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = IndexType,
        ["manifests"] = new JsonArray(Descriptor(type, manifest)),
    }.ToJsonString());

    /// <summary>The annotation k is the last thing in the manifest.</summary>
    private static byte[] Grow(byte[] manifest, int length)
    {
        var text = Encoding.UTF8.GetString(manifest);
        var grown = text.Replace("\"k\":\"\"", $"\"k\":\"{new string('x', length - text.Length)}\"", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(grown);
    }
}
