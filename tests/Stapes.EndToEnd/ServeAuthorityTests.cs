using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real client at a server that trusts an authority (<c>--trust-ca</c>, <c>--trust-crl</c>).</summary>
public sealed class ServeAuthorityTests
{
    [PeersFact]
    public async Task Incus_is_trusted_by_its_signed_certificate_until_that_is_revoked()
    {
        using var authority = new ClientAuthority();
        await using var store = await ServedStore.StartAsync("--trust-ca", authority.CertificateFile, "--trust-crl", authority.RevocationsFile);
        var (laptop, desktop) = (store.CreateDirectory("laptop"), store.CreateDirectory("desktop"));
        authority.Issue(laptop, 7);
        authority.Issue(desktop, 8);
        foreach (var home in (string[])[laptop, desktop])
            await Incus(home, "remote", "add", "corp", store.Server.Address.ToString()).OutputAsync();
        var image = await store.Images.UnifiedAsync("signed");
        await Incus(laptop, ["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", "--alias", "signed"]).OutputAsync();
        (await ListAsync(desktop)).ShouldBe(image.Fingerprint);
        await Incus(desktop, "config", "trust", "list", "corp:").OutputAsync();

        authority.Revoke(8);
        (await ListAsync(desktop)).ShouldBeEmpty("it is a stranger's now");
        (await Incus(desktop, "config", "trust", "list", "corp:").RunAsync()).ExitCode.ShouldBe(1);
        (await ListAsync(laptop)).ShouldBe(image.Fingerprint);
        await Incus(laptop, "image", "delete", "corp:signed").OutputAsync();
    }

    [PeersFact]
    public async Task Incus_is_told_why_a_token_does_not_help_without_a_signed_certificate()
    {
        using var authority = new ClientAuthority();
        await using var store = await ServedStore.StartAsync("--trust-ca", authority.CertificateFile);
        var token = (await store.Server.Stapes("config", "trust", "add", "laptop", "-q").OutputAsync()).Trim();
        var refused = await Incus(store.CreateDirectory("laptop"), "remote", "add", "corp", token).RunAsync();
        refused.ExitCode.ShouldBe(1, refused.ToString());
        refused.Errors.ShouldContain("have yours signed");
        (await store.Server.Stapes("config", "trust", "list-tokens", "-c", "n", "-f", "csv").OutputAsync()).ShouldBe("laptop\n", "nobody has used it");
    }

    private static async Task<string> ListAsync(string home) =>
        (await Incus(home, "image", "list", "corp:", "-c", "F", "-f", "csv").OutputAsync()).Trim();

    private static Command Incus(string home, params IReadOnlyList<string> arguments) => PeersTree.Run(home, "incus", arguments);
}
