using System.Net;
using System.Text.Json;
using Stapes.Core.Images;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Tests.Library;
using Stapes.Tests.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Publishing;

/// <summary>What is pushed to the registry of a running server, and which images that makes.</summary>
public sealed class PublishingTests : PublishingTest
{
    [Fact]
    public async Task An_application_image_of_a_public_repository_becomes_a_public_image_that_follows_its_tag()
    {
        await PushAppAsync(App, "1", "first");
        var first = (await WaitAsync(static images => images.Count == 1)).Single();
        (first.Public, first.Properties["type"], first.Properties["id"], first.Type).ShouldBe((true, "oci", "public/app:1", ImageType.Container));
        first.Aliases.Select(static a => a.Name).ShouldBe(["public/app:1"]);

        await PushAppAsync(App, "1", "second");
        var second = (await WaitAsync(images => images.Count == 1 && images[0].Fingerprint != first.Fingerprint)).Single();
        second.Aliases.Select(static a => a.Name).ShouldBe(["public/app:1"]);

        using var deleted = await SendAsync("DELETE", $"/v2/{App}/manifests/1");
        await WaitAsync(static images => images.Count == 0);
    }

    [Fact]
    public async Task Two_tags_of_one_manifest_lead_to_one_image_which_goes_with_the_last_of_them()
    {
        await PushAppAsync(App, "latest", "same");
        await PushAppAsync(App, "2", "same");
        var image = (await WaitAsync(static images => images is [{ Aliases.Count: 3 }])).Single();
        image.Aliases.Select(static a => a.Name).ShouldBe(["public/app", "public/app:2", "public/app:latest"]);

        using var one = await SendAsync("DELETE", $"/v2/{App}/manifests/latest");
        await WaitAsync(static images => images is [{ Aliases: [{ Name: "public/app:2" }] }]);
        using var other = await SendAsync("DELETE", $"/v2/{App}/manifests/2");
        await WaitAsync(static images => images.Count == 0);
    }

    [Fact]
    public async Task An_application_image_of_a_private_repository_stays_in_the_registry()
    {
        await PushAppAsync("library/app", "1", "private");
        await PushAppAsync(App, "1", "public");
        (await WaitAsync(static images => images.Count > 0)).ShouldHaveSingleItem().Properties["id"].ShouldBe("public/app:1");
    }

    [Fact]
    public async Task An_artifact_becomes_the_image_again_in_its_project_and_for_its_readers()
    {
        var (metadata, root) = (TestImages.Metadata("20260101_0000"), TestImages.Root("issue"));
        await PushArtifactAsync("lab/debian", "13", metadata, root);
        var image = (await WaitAsync(static images => images.Count == 1)).Single();
        (image.Project, image.Public, image.Fingerprint).ShouldBe(("lab", false, TestImages.Digest([.. metadata, .. root])));
        image.Aliases.Select(static a => a.Name).ShouldBe(["lab/debian:13"]);
    }

    [Fact]
    public async Task An_image_that_somebody_added_outlives_the_tag_that_leads_to_it()
    {
        var (metadata, root) = (TestImages.Metadata("20260101_0000"), TestImages.Root("issue"));
        var own = await Library.AddAsync(TestImages.Upload(metadata, root), new(), Cancellation);
        await PushArtifactAsync(App, "1", metadata, root);
        (await WaitAsync(static images => images is [{ Aliases.Count: 1 }])).Single().Public.ShouldBeTrue();

        using var deleted = await SendAsync("DELETE", $"/v2/{App}/manifests/1");
        (await WaitAsync(static images => images is [{ Aliases.Count: 0 }])).Single().Fingerprint.ShouldBe(own.Fingerprint);
    }

    [Fact]
    public async Task What_a_server_had_no_time_for_is_published_by_the_next_one()
    {
        await RestartAsync(static settings => settings with { PublishImages = false });
        await PushAppAsync(App, "1", "waits");
        (await Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
        await RestartAsync();
        await WaitAsync(static images => images.Count == 1);

        await RestartAsync(static settings => settings with { PublicRepositories = [] });
        await WaitAsync(static images => images.Count == 0);
    }

    [Fact]
    public async Task What_is_no_image_leaves_nothing_and_those_after_it_are_made()
    {
        var broken = await MakeImageAsync(App, change: null, "no tarball");
        using (var pushed = await PushManifestAsync("broken", broken, name: App))
            pushed.StatusCode.ShouldBe(HttpStatusCode.Created);
        await PushAppAsync(App, "wrong", "x", diffId: LayerBuilder.DigestOf("other"u8.ToArray()).ToString());
        await PushAppAsync(App, "right", "right");
        (await WaitAsync(static images => images.Count > 0)).ShouldHaveSingleItem().Properties["id"].ShouldBe("public/app:right");
        Files("tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task Images_of_the_store_are_pulled_as_artifacts_by_whoever_may_see_them()
    {
        var (metadata, root) = (TestImages.Metadata("20260101_0000"), TestImages.Root("issue"));
        var image = await Library.AddAsync(TestImages.Upload(metadata, root), new() { Public = true, Aliases = [new("debian/13", "")] }, Cancellation);
        await Library.AddAsync(TestImages.Upload("20260102_0000"), new() { Aliases = [new("secret", "")] }, Cancellation);

        foreach (var name in (string[])["images/debian/13/manifests/latest", "images/debian/manifests/13", $"images/manifests/{image.Fingerprint.Hex[..12]}", $"images/manifests/{image.Fingerprint}"])
        {
            using var response = await SendAsync("GET", $"/v2/{name}", user: null);
            var bytes = await response.Content.ReadAsByteArrayAsync(Cancellation);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, name);
            var manifest = JsonSerializer.Deserialize(bytes, OciJson.Context.OciManifest)!;
            (manifest.ArtifactType, manifest.Layers!.Count, Header(response, "Docker-Content-Digest")).ShouldBe((ArtifactTypes.Image, 2, Sha256(bytes)));
            var repository = name[..name.IndexOf("/manifests", StringComparison.Ordinal)];
            using var again = await SendAsync("HEAD", $"/v2/{repository}/manifests/{Sha256(bytes)}", user: null);
            again.StatusCode.ShouldBe(HttpStatusCode.OK);
            foreach (var blob in manifest.Layers.Append(manifest.Config!))
            {
                using var content = await SendAsync("GET", $"/v2/{repository}/blobs/{blob.Digest}", user: null);
                Sha256(await content.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(blob.Digest);
            }
        }

        using (var tags = await SendAsync("GET", "/v2/images/debian/tags/list", user: null))
            (await tags.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"name":"images/debian","tags":["13"]}""");
        await ShouldFailAsync(SendAsync("GET", "/v2/images/secret/manifests/latest", user: null), HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await ShouldFailAsync(SendAsync("GET", "/v2/images/secret/manifests/latest", user: "viewer-lab"), HttpStatusCode.NotFound, "NAME_UNKNOWN");
        using var trusted = await SendAsync("GET", "/v2/images/secret/manifests/latest", user: "viewer");
        trusted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private async Task PushArtifactAsync(string name, string tag, byte[] metadata, byte[] root) => await PushAsync(name, tag, new()
    {
        MediaType = OciMediaTypes.Manifest,
        ArtifactType = ArtifactTypes.Image,
        Config = await PushAsync(name, "{}"u8.ToArray(), "application/vnd.oci.empty.v1+json"),
        Layers = [await PushAsync(name, metadata, ArtifactTypes.Metadata), await PushAsync(name, root, ArtifactTypes.Tarball)],
    });
}
