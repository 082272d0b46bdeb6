using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>System images and virtual machines as artifacts, carried by oras and by another registry.</summary>
public sealed class ArtifactTests
{
    [PeersTheory]
    [InlineData("squashfs")]
    [InlineData("tarball")]
    [InlineData("unified")]
    [InlineData("disk")]
    public async Task An_image_of_the_store_is_pulled_and_mirrored_by_oras_and_comes_back_as_itself(string kind)
    {
        await using var registry = await ServedRegistry.StartAsync();
        await using var mirror = await registry.StartPeerAsync();
        await registry.LoginAsync("publisher");
        var image = await (kind switch
        {
            "squashfs" => registry.Images.SquashfsAsync(kind),
            "tarball" => registry.Images.RootTarballAsync(kind),
            "unified" => registry.Images.UnifiedAsync(kind),
            _ => registry.Images.DiskAsync(kind),
        });
        await registry.Server.Import(image, "--alias", $"test/{kind}", "--public").OutputAsync();

        await registry.Oras("pull", $"{registry.Address}/images/test:{kind}", "--output", "pulled").OutputAsync();
        TestImage.FromExport(registry.Outside("pulled")).Fingerprint.ShouldBe(image.Fingerprint);

        await registry.Oras("cp", $"{registry.Address}/images/test:{kind}", $"{mirror.Address}/kept:{kind}").OutputAsync();
        await registry.Server.Image("delete", image.Fingerprint).OutputAsync();
        await registry.Oras("cp", $"{mirror.Address}/kept:{kind}", $"{registry.Address}/public/back:{kind}").OutputAsync();
        await registry.WaitForImageAsync(image.Fingerprint);
        await registry.Server.Image("export", $"local:public/back:{kind}", Directory.CreateDirectory(registry.Outside("exported")).FullName, "--quiet").OutputAsync();
        TestImage.FromExport(registry.Outside("exported")).Fingerprint.ShouldBe(image.Fingerprint);
    }

    [PeersFact]
    public async Task Files_that_oras_pushes_become_an_image_that_stapes_sends_to_another_registry_and_fetches_again()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await using var mirror = await registry.StartPeerAsync();
        await registry.LoginAsync("publisher");
        var image = await registry.Images.SquashfsAsync("pushed");

        await registry.Oras("push", $"{registry.Address}/public/debian:13", "--artifact-type", "application/vnd.stapes.image.v1",
            "pushed/metadata.tar.xz:application/vnd.stapes.image.metadata.v1.tar", "pushed/root.squashfs:application/vnd.stapes.image.rootfs.v1.squashfs").OutputAsync();
        await registry.WaitForImageAsync(image.Fingerprint);

        await registry.Stapes("remote", "add", "mirror", $"https://{mirror.Address}", "--protocol=oci", "--accept-certificate").OutputAsync();
        await registry.Stapes("image", "copy", "local:public/debian:13", "mirror:", "--alias", "debian:13", "--quiet").OutputAsync();
        (await registry.Oras("manifest", "fetch", $"{mirror.Address}/debian:13").OutputAsync()).ShouldContain("\"artifactType\":\"application/vnd.stapes.image.v1\"");
        await registry.Stapes("image", "export", "mirror:debian:13", Directory.CreateDirectory(registry.Outside("again")).FullName, "--quiet").OutputAsync();
        TestImage.FromExport(registry.Outside("again")).Fingerprint.ShouldBe(image.Fingerprint);
    }

    [PeersFact]
    public async Task Skopeo_keeps_a_mirror_of_a_repository_with_all_its_architectures()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await using var source = await registry.StartPeerAsync();
        await registry.LoginAsync("publisher");
        await registry.MakeImageAsync();
        foreach (var tag in (string[])["1", "2"])
            await registry.Skopeo("copy", "oci:layout:app", $"docker://{source.Address}/library/app:{tag}").OutputAsync();

        await registry.Run("skopeo", "sync", "--all", "--src", "docker", "--dest", "docker", "--authfile", registry.AuthFile, $"{source.Address}/library/app", $"{registry.Address}/public/mirror").OutputAsync();

        foreach (var tag in (string[])["1", "2"])
            (await registry.DigestAsync($"docker://{registry.Address}/public/mirror/app:{tag}")).ShouldBe(await registry.DigestAsync($"docker://{source.Address}/library/app:{tag}"));
    }
}
