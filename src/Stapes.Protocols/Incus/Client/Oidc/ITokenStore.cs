namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>Where the tokens of one login are kept, for this and other programs.</summary>
public interface ITokenStore
{
    /// <summary>Keeps everybody else from renewing the same login until it is disposed: most issuers take a refresh token only once.</summary>
    Task<IDisposable> TakeTurnAsync(CancellationToken cancellation);

    /// <summary>The login as it is now; null when there is none.</summary>
    OidcTokens? Read();

    /// <summary>Replaces the login as a whole. Only in one's turn.</summary>
    void Write(OidcTokens tokens);
}
