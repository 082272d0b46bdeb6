using System.Text;
using Stapes.Core.Remotes;
using Stapes.Protocols.Oci.Images;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Oci.Client;

/// <summary>Opens registries, as remotes and as targets of copies.</summary>
public static class OciRemotes
{
    /// <param name="access">How the registry is reached; the user and the password of its first address are who we are.</param>
    /// <param name="helper">The credential helper that is asked where the address has no password; empty for none.</param>
    /// <param name="layerDirectory">Where fetched layers stay; null for a place beside the files of the image.</param>
    public static IRemote Open(HttpAccess access, string helper, string? layerDirectory) => new OciRemote(Connect(access, helper), new IncusForm(), layerDirectory);

    /// <param name="access">As for <see cref="Open"/>.</param>
    /// <param name="helper">As for <see cref="Open"/>.</param>
    /// <param name="staging">Where fetched files lie until they are pushed.</param>
    public static IImageTarget OpenTarget(HttpAccess access, string helper, string staging) => new OciTarget(Connect(access, helper), staging);

    private static Registry Connect(HttpAccess access, string helper)
    {
        ArgumentNullException.ThrowIfNull(access);
        var address = access.Addresses[0];
        var known = Login(address);
        // Docker's registry answers under another name; the password is for the registry's challenges, not for every request.
        var transport = HttpClients.Create(access with { Addresses = [ServerAddress.Parse(Registry.Endpoint(address.Base))] });
        return new(address.Base, transport, async cancellation =>
            known ?? (helper.Length > 0 ? await RegistryCredentials.AskHelperAsync(helper, Registry.HelperName(address.Base), cancellation) : null));
    }

    private static RegistryCredentials? Login(ServerAddress address)
    {
        if (!address.TryGetPassword(out var basic))
            return null;
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(basic.Parameter!));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return new(text[..colon], text[(colon + 1)..]);
    }
}
