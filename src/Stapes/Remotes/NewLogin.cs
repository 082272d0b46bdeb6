using Stapes.Protocols.Incus.Client.Oidc;

namespace Stapes.Remotes;

/// <summary>The login to a remote that is not there yet: nothing is written before it is added.</summary>
internal sealed class NewLogin : ITokenStore, IDisposable
{
    private OidcTokens? tokens;

    /// <summary>There is nobody else.</summary>
    public Task<IDisposable> TakeTurnAsync(CancellationToken cancellation) => Task.FromResult<IDisposable>(this);

    public OidcTokens? Read() => tokens;

    public void Write(OidcTokens tokens) => this.tokens = tokens;

    public void Dispose()
    {
        // A turn ends; the login stays.
    }
}
