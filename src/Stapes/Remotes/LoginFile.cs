using Stapes.Core.Storage.FileSystem;
using Stapes.Protocols.Incus.Client.Oidc;

namespace Stapes.Remotes;

/// <summary>The login to a remote, in the file that the Incus client has for it. Whoever changes the configuration waits for its renewal.</summary>
internal sealed class LoginFile(ClientPaths paths, string remote) : ITokenStore
{
    public async Task<IDisposable> TakeTurnAsync(CancellationToken cancellation) => await FileLock.AcquireAsync(paths.Lock, cancellation);

    public OidcTokens? Read()
    {
        try
        {
            return OidcTokens.TryParse(File.ReadAllBytes(paths.Login(remote)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Write(OidcTokens tokens) => PrivateFile.Write(paths.Login(remote), tokens.ToJson());
}
