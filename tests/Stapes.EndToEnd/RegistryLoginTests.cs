using System.Text;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>Docker's and podman's logins to <c>stapes serve</c>, and what podman does with one.</summary>
public sealed class RegistryLoginTests
{
    [PeersFact]
    public async Task Docker_logs_in_with_an_access_token_and_with_nothing_else()
    {
        await using var registry = await ServedRegistry.StartAsync();
        var token = await registry.CreateTokenAsync("publisher");
        var login = registry.Docker("login", "--username", "me", "--password-stdin", registry.Address);

        var refused = await (login with { Input = token + "x" }).RunAsync();
        refused.ExitCode.ShouldNotBe(0, refused.ToString());
        refused.Errors.ShouldContain("unauthorized");

        (await (login with { Input = token }).OutputAsync()).ShouldContain("Login Succeeded");
        await registry.MakeImageAsync(1);
        var image = $"docker://{registry.Address}/private/app:1";
        await registry.Skopeo("copy", "oci:layout:app", image).OutputAsync();
        await registry.Docker("logout", registry.Address).OutputAsync();
        (await registry.Skopeo("inspect", image).RunAsync()).ExitCode.ShouldNotBe(0);
    }

    [PeersFact]
    public async Task Podman_logs_in_pushes_and_pulls()
    {
        await using var registry = await ServedRegistry.StartAsync();
        var token = await registry.CreateTokenAsync("publisher");
        var login = registry.Podman("login", "--username", "me", "--password-stdin", "--authfile", registry.AuthFile, registry.Address);
        (await (login with { Input = token + "x" }).RunAsync()).ExitCode.ShouldNotBe(0);
        await (login with { Input = token }).OutputAsync();

        await registry.MakeImageAsync();
        var image = $"{registry.Address}/private/app:1";
        var id = (await registry.Podman("pull", "--quiet", "oci:layout:app").OutputAsync()).Trim();
        await registry.Podman("push", "--authfile", registry.AuthFile, "--digestfile", registry.Inside("digest"), id, image).OutputAsync();
        await registry.Podman("rmi", "--all", "--force").OutputAsync();
        (await registry.Podman("pull", "--quiet", "--authfile", registry.AuthFile, image).OutputAsync()).Trim().ShouldBe(id);
        var digest = await registry.DigestAsync("docker://" + image);
        Encoding.UTF8.GetString(registry.Read("digest")).ShouldBe(digest);
        await registry.Podman("pull", "--quiet", "--authfile", registry.AuthFile, $"{registry.Address}/private/app@{digest}").OutputAsync();
        await registry.Podman("logout", "--authfile", registry.AuthFile, registry.Address).OutputAsync();
        (await registry.Podman("pull", "--quiet", "--authfile", registry.AuthFile, image).RunAsync()).ExitCode.ShouldNotBe(0);
    }
}
