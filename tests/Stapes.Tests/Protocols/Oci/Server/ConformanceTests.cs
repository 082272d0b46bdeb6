using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>What the specification's own program checks and no other test here does. Source: opencontainers/distribution-spec, conformance.</summary>
public sealed class ConformanceTests : RegistryTest
{
    [Theory]
    [InlineData("bytes=500-1499", 500, 1000)]
    [InlineData("bytes=500-", 500, 1548)]
    [InlineData("bytes=-500", 1548, 500)]
    [InlineData("bytes=2000-5000", 2000, 48)]
    // It is none, and ignored as RFC 9110, section 14.2, allows it; the program takes either answer.
    [InlineData("bytes=500-0", 0, 2048)]
    [InlineData("bytes=5000-10000", 0, 0)]
    public async Task Each_kind_of_range_is_pulled_by_either_digest(string range, int start, int length)
    {
        var content = Enumerable.Range(0, 2048).Select(static i => (byte)(i * 7)).ToArray();
        foreach (var digest in (string[])[Sha256(content), Sha512(content)])
        {
            using var pushed = await SendAsync("POST", $"/v2/{Name}/blobs/uploads/?digest={digest}", Bytes(content));
            using var part = await SendAsync("GET", $"/v2/{Name}/blobs/{digest}", headers: ("Range", range));
            part.StatusCode.ShouldBe(length switch { 0 => HttpStatusCode.RequestedRangeNotSatisfiable, 2048 => HttpStatusCode.OK, _ => HttpStatusCode.PartialContent });
            if (length == 0)
                continue;
            if (length < 2048)
                Header(part, "Content-Range").ShouldBe($"bytes {start}-{start + length - 1}/2048");
            part.Content.Headers.ContentLength.ShouldBe(length);
            (await part.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(content[start..(start + length)]);
        }
    }

    [Fact]
    public async Task Manifests_with_fields_that_nobody_knows_and_without_parts_come_back_as_they_were()
    {
        var image = await MakeImageAsync(Name, static m =>
        {
            m["config"]!["data"] = Convert.ToBase64String("{}"u8);
            m["config"]!["org.example.own"] = new JsonArray(1, null, "x");
            m["org.example.own"] = new JsonObject { ["deep"] = true };
        });
        byte[][] manifests = [image, await MakeImageAsync(Name, static m => m["artifactType"] = "application/x"), Index([]), Index([("artifactType", "application/x"), ("org.example.own", "y")], image)];
        foreach (var manifest in manifests)
        {
            var type = JsonNode.Parse(manifest)!["mediaType"]!.ToString();
            foreach (var reference in (string[])["v1", Sha256(manifest), Sha512(manifest)])
            {
                using var pushed = await PushManifestAsync(reference, manifest, type);
                pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
                using var pulled = await SendAsync("GET", $"/v2/{Name}/manifests/{reference}");
                (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(manifest);
                using var head = await SendAsync("HEAD", $"/v2/{Name}/manifests/{reference}");
                (Header(head, "Content-Type"), head.Content.Headers.ContentLength).ShouldBe((type, manifest.Length));
            }
        }

        foreach (var manifest in manifests.Reverse())
        {
            (await SendAsync("DELETE", $"/v2/{Name}/manifests/{Sha256(manifest)}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/{Sha256(manifest)}"), HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        }
    }

    [Fact]
    public async Task An_index_refers_to_what_is_missing_and_is_listed_with_its_type_and_annotations()
    {
        var missing = Descriptor(ManifestType, "missing"u8);
        var index = Index([("artifactType", "application/x"), ("subject", missing), ("annotations", new JsonObject { ["k"] = "v" })]);

        using var pushed = await PushManifestAsync("v1", index, IndexType);
        (pushed.StatusCode, Header(pushed, "OCI-Subject")).ShouldBe((HttpStatusCode.Created, Sha256("missing"u8)));

        using var response = await SendAsync("GET", $"/v2/{Name}/referrers/{Sha256("missing"u8)}");
        var found = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["manifests"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)found["digest"], (string?)found["mediaType"], (string?)found["artifactType"], (string?)found["annotations"]!["k"])
            .ShouldBe((Sha256(index), IndexType, "application/x", "v"));
    }

    [Fact]
    public async Task A_blob_is_mounted_by_sha512_and_deleted_where_it_was_and_not_where_it_is()
    {
        var digest = Sha512("blob"u8);
        using var pushed = await SendAsync("POST", $"/v2/source/blobs/uploads/?digest={digest}", Bytes("blob"u8.ToArray()));
        foreach (var (name, query) in ((string, string)[])[("named", $"mount={digest}&from=source"), ("anonymous", $"mount={digest}")])
        {
            using var mounted = await SendAsync("POST", $"/v2/{name}/blobs/uploads/?{query}", Bytes([]));
            (mounted.StatusCode, mounted.Headers.Location?.OriginalString).ShouldBe((HttpStatusCode.Created, $"/v2/{name}/blobs/{digest}"));
        }

        (await SendAsync("DELETE", $"/v2/source/blobs/{digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await ShouldFailAsync(SendAsync("GET", $"/v2/source/blobs/{digest}"), HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        foreach (var name in (string[])["named", "anonymous"])
        {
            using var pulled = await SendAsync("GET", $"/v2/{name}/blobs/{digest}");
            (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe("blob"u8.ToArray());
        }
    }

    [Fact]
    public async Task A_digest_of_another_form_is_refused_wherever_it_stands()
    {
        const string wrong = "sha256:baddigeststring";
        var manifest = await MakeImageAsync(Name, null);

        await ShouldFailAsync(PushManifestAsync(wrong, manifest), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/manifests/{wrong}"), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("DELETE", $"/v2/{Name}/manifests/{wrong}"), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("DELETE", $"/v2/{Name}/blobs/{wrong}"), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(SendAsync("POST", $"/v2/{Name}/blobs/uploads/?mount={wrong}", Bytes([])), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        using var begun = await SendAsync("POST", $"/v2/{Name}/blobs/uploads/", Bytes([]));
        await ShouldFailAsync(SendAsync("PUT", $"{begun.Headers.Location!.OriginalString}?digest={wrong}", Bytes([1])), HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Fact]
    public async Task A_cancelled_upload_is_gone()
    {
        using var begun = await SendAsync("POST", $"/v2/{Name}/blobs/uploads/", Bytes([]));
        var location = begun.Headers.Location!.OriginalString;
        using var sent = await SendAsync("PATCH", location, Bytes([1, 2]));

        (await SendAsync("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await ShouldFailAsync(SendAsync("GET", location), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await ShouldFailAsync(SendAsync("PATCH", location, Bytes([3])), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await ShouldFailAsync(SendAsync("PUT", $"{location}?digest={Sha256([1, 2])}", Bytes([])), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    private static byte[] Index((string Name, JsonNode Value)[] fields, params byte[][] manifests)
    {
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = new JsonArray([.. manifests.Select(static m => Descriptor(ManifestType, m))]),
        };
        foreach (var (name, value) in fields)
            index[name] = value;
        return Encoding.UTF8.GetBytes(index.ToJsonString());
    }
}
