using System.Text;
using System.Text.Json;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real clients of registries with <c>stapes serve</c>, beside Docker's registry.</summary>
public sealed class RegistryTests
{
    [PeersFact]
    public async Task Skopeo_copies_an_image_from_dockers_registry_and_back_with_one_digest()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await using var peer = await registry.StartPeerAsync();
        await registry.MakeImageAsync();
        await registry.LoginAsync("publisher");
        var (here, there) = ($"docker://{registry.Address}/public/app", $"docker://{peer.Address}/app");

        await registry.Skopeo("copy", "oci:layout:app", there + ":1").OutputAsync();
        await registry.Skopeo("copy", there + ":1", here + ":1").OutputAsync();
        await registry.Skopeo("copy", here + ":1", there + ":2").OutputAsync();

        var digest = await registry.DigestAsync(there + ":1");
        (await registry.DigestAsync(here + ":1")).ShouldBe(digest);
        (await registry.DigestAsync(there + ":2")).ShouldBe(digest);
        (await registry.Skopeo("list-tags", here).OutputAsync()).ShouldContain("\"1\"");

        // Docker's own manifests, and layers that are mounted from where they are.
        await registry.Skopeo("copy", "--format", "v2s2", here + ":1", $"docker://{registry.Address}/public/other:2").OutputAsync();
        (await registry.Run("skopeo", "inspect", "--raw", $"docker://{registry.Address}/public/other:2").OutputAsync())
            .ShouldContain("application/vnd.docker.distribution.manifest.v2+json");
        await registry.Skopeo("delete", here + ":1").OutputAsync();
        (await registry.Skopeo("inspect", here + ":1").RunAsync()).ExitCode.ShouldNotBe(0);
    }

    [PeersFact]
    public async Task Strangers_pull_what_is_public_and_viewers_do_not_push()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await registry.MakeImageAsync(1);
        await registry.LoginAsync("publisher");
        foreach (var name in (string[])["public/app", "private/app"])
            await registry.Skopeo("copy", "oci:layout:app", $"docker://{registry.Address}/{name}:1").OutputAsync();

        await registry.Run("skopeo", "copy", "--src-no-creds", $"docker://{registry.Address}/public/app:1", "oci:pulled:app").OutputAsync();
        (await registry.Run("skopeo", "copy", "--src-no-creds", $"docker://{registry.Address}/private/app:1", "oci:pulled:private").RunAsync()).ExitCode.ShouldNotBe(0);
        (await registry.Run("skopeo", "copy", "--dest-no-creds", "oci:layout:app", $"docker://{registry.Address}/public/app:2").RunAsync()).ExitCode.ShouldNotBe(0);
        await registry.LoginAsync("viewer");
        await registry.Skopeo("copy", $"docker://{registry.Address}/private/app:1", "oci:pulled:private").OutputAsync();
        (await registry.Skopeo("copy", "oci:layout:app", $"docker://{registry.Address}/private/app:2").RunAsync()).ExitCode.ShouldNotBe(0);

        var wrong = registry.Run("skopeo", "login", "--username", "me", "--password-stdin", "--authfile", registry.AuthFile, registry.Address);
        (await (wrong with { Input = "wrong" }).RunAsync()).ExitCode.ShouldNotBe(0);
    }

    [PeersFact]
    public async Task Oras_pushes_attaches_discovers_and_copies_artifacts()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await using var peer = await registry.StartPeerAsync();
        await registry.LoginAsync("publisher");
        var (here, there) = ($"{registry.Address}/public/artifact", $"{peer.Address}/artifact");
        registry.Write("artifact.txt", Encoding.UTF8.GetBytes(new string('a', 100_000)));
        registry.Write("signature.txt", "signed"u8.ToArray());

        await registry.Oras("push", $"{here}:1", "--artifact-type", "application/x.test", "artifact.txt:text/plain").OutputAsync();
        await registry.Oras("attach", $"{here}:1", "--artifact-type", "application/x.signature", "signature.txt:text/plain").OutputAsync();
        using var found = JsonDocument.Parse(await registry.Oras("discover", $"{here}:1", "--format", "json").OutputAsync());
        found.RootElement.GetProperty("manifests").EnumerateArray().ShouldHaveSingleItem()
            .GetProperty("artifactType").GetString().ShouldBe("application/x.signature");

        await registry.Oras("cp", "--recursive", $"{here}:1", $"{there}:1").OutputAsync();
        await registry.Oras("cp", "--recursive", $"{there}:1", $"{here}:2").OutputAsync();
        var digest = (await registry.Oras("resolve", $"{here}:1").OutputAsync()).Trim();
        (await registry.Oras("resolve", $"{there}:1").OutputAsync()).Trim().ShouldBe(digest);
        (await registry.Oras("resolve", $"{here}:2").OutputAsync()).Trim().ShouldBe(digest);

        await registry.Oras("pull", $"{here}@{digest}", "--output", "pulled").OutputAsync();
        registry.Read("pulled/artifact.txt").Length.ShouldBe(100_000);
        (await registry.Oras("repo", "tags", here).OutputAsync()).ShouldContain("2");
        await registry.Oras("manifest", "delete", "--force", $"{here}@{digest}").OutputAsync();
    }

    [PeersFact]
    public async Task Buildah_pushes_and_pulls_images_and_indexes()
    {
        await using var registry = await ServedRegistry.StartAsync();
        await registry.LoginAsync("publisher");
        await registry.MakeImageAsync();
        var image = $"{registry.Address}/public/built:1";

        await registry.Buildah("pull", "oci:layout:app").OutputAsync();
        var id = (await registry.Buildah("images", "--quiet").OutputAsync()).Trim();
        await registry.Buildah("push", "--authfile", registry.AuthFile, id, "docker://" + image).OutputAsync();
        await registry.Buildah("manifest", "create", "list").OutputAsync();
        await registry.Buildah("manifest", "add", "list", "docker://" + image).OutputAsync();
        await registry.Buildah("manifest", "push", "--all", "--authfile", registry.AuthFile, "list", $"docker://{registry.Address}/public/built:list").OutputAsync();
        await registry.Buildah("rmi", "--all", "--force").OutputAsync();
        await registry.Buildah("pull", image).OutputAsync();

        (await registry.Run("skopeo", "inspect", "--raw", $"docker://{registry.Address}/public/built:list").OutputAsync())
            .ShouldContain("application/vnd.oci.image.index.v1+json");
    }
}
