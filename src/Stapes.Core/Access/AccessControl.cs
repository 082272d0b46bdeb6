using Stapes.Core.Library;

namespace Stapes.Core.Access;

/// <summary>
/// Who the server knows: the only writer of its <see cref="IAccessStore"/>. Lookups read memory only; every write is seen by the next
/// lookup when its task ends. Methods may be called side by side.
/// </summary>
public sealed class AccessControl : IDisposable
{
    private readonly IAccessStore store;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim turn = new(1);
    private volatile KnownCallers present;

    private AccessControl(IAccessStore store, TimeProvider time, AccessState state)
    {
        this.store = store;
        this.time = time;
        present = new(state);
    }

    /// <summary>What somebody may do was changed, which lookups see already. Raised after each change, on its thread.</summary>
    public event EventHandler? Changed;

    /// <summary>Raises <see cref="Changed"/>: what somebody may do was changed elsewhere, such as by an authority that revoked certificates.</summary>
    public void NoteChangeElsewhere() => Changed?.Invoke(this, EventArgs.Empty);

    /// <summary>Everybody who is known, and the projects, at this moment.</summary>
    public AccessState State => present.State;

    /// <exception cref="StapesException">Unavailable: the store is damaged.</exception>
    public static async Task<AccessControl> OpenAsync(IAccessStore store, TimeProvider time, CancellationToken cancellation) =>
        new(store, time, await store.LoadAsync(cancellation));

    /// <param name="fingerprint">SHA-256 of the certificate in DER, in lower-case hexadecimal digits.</param>
    /// <returns>Null for a stranger.</returns>
    public Caller? FindCertificate(string fingerprint) => present.Find(new(IdentityKind.Certificate, fingerprint), time.GetUtcNow());

    /// <summary>Who an access token stands for; null when it is none, or expired.</summary>
    public Caller? FindToken(string secret) => present.FindToken(secret, time.GetUtcNow());

    /// <summary>What the server was told of an OIDC subject; null for nothing.</summary>
    public Caller? FindSubject(string subject) => present.Find(new(IdentityKind.Oidc, subject), time.GetUtcNow());

    /// <summary>What a caller of a moment ago is now; null when it is nobody any more. One that is not kept here stays what it is.</summary>
    public Caller? Renew(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.Key is { } key ? present.Find(key, time.GetUtcNow()) : caller;
    }

    /// <exception cref="StapesException">Conflict: it is there already. NotFound: a project is missing.</exception>
    public async Task<Identity> AddAsync(Identity identity, CancellationToken cancellation)
    {
        await ChangeAsync((state, _) => With(state, identity), cancellation);
        return identity;
    }

    /// <summary>Makes an access token.</summary>
    /// <returns>The identity, and the secret, which is kept nowhere.</returns>
    /// <exception cref="StapesException">Conflict: the name is taken. NotFound: a project is missing. Invalid: it has no name, or would have expired.</exception>
    public async Task<(Identity Identity, string Secret)> AddTokenAsync(Grant grant, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (grant.Name.Length == 0)
            throw new StapesException(ErrorKind.Invalid, "The access token has no name: give it one by which it can be removed");
        var secret = Secret.NewToken();
        return (await AddAsync(Make(IdentityKind.Token, Secret.Hash(secret), grant), cancellation), secret);
    }

    /// <summary>Makes a user of the OIDC issuer known.</summary>
    /// <exception cref="StapesException">Conflict: the user is known already. NotFound: a project is missing. Invalid: nobody can have that name, or it would have expired.</exception>
    public async Task<Identity> AddUserAsync(Grant grant, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (!Identity.IsUserName(grant.Name))
            throw new StapesException(ErrorKind.Invalid, $"\"{grant.Name}\" names no user of an issuer: give the name that stands in the tokens, of at most {Identity.LongestUserName} characters");
        return await AddAsync(Make(IdentityKind.Oidc, grant.Name, grant), cancellation);
    }

    /// <summary>Changes an identity, also what identifies it.</summary>
    /// <param name="key">The identity.</param>
    /// <param name="change">Makes the new record from the present one; what it throws ends the change.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound: it, or a project, is missing. Conflict: another one has what would identify it.</exception>
    public Task UpdateAsync(IdentityKey key, Func<Identity, Identity> change, CancellationToken cancellation) => ChangeAsync(
        (state, _) =>
        {
            var old = state.Identities.GetValueOrDefault(key) ?? throw Unknown(key);
            return With(state with { Identities = state.Identities.Remove(key) }, change(old));
        }, cancellation);

    /// <exception cref="StapesException">NotFound.</exception>
    public Task RemoveAsync(IdentityKey key, CancellationToken cancellation) => ChangeAsync(
        (state, _) => state.Identities.ContainsKey(key) ? state with { Identities = state.Identities.Remove(key) } : throw Unknown(key),
        cancellation);

    /// <summary>Keeps a trust token; expired ones are forgotten.</summary>
    /// <exception cref="StapesException">NotFound: a project is missing.</exception>
    public Task AddTrustTokenAsync(TrustToken token, CancellationToken cancellation) => ChangeAsync(
        (state, _) =>
        {
            CheckProjects(state, token.Projects);
            var now = time.GetUtcNow();
            var live = state.TrustTokens.RemoveRange(state.TrustTokens.Values.Where(t => t.ExpiresAt <= now).Select(static t => t.Hash));
            return state with { TrustTokens = live.Add(token.Hash, token) };
        }, cancellation);

    /// <summary>Uses up a trust token: what <paramref name="make"/> makes of it is known from now on.</summary>
    /// <exception cref="StapesException">Forbidden: there is no such token, or it has expired. Conflict: the identity is there already.</exception>
    public async Task<Identity> RedeemAsync(string secret, Func<TrustToken, Identity> make, CancellationToken cancellation)
    {
        Identity? added = null;
        await ChangeAsync(
            (state, _) =>
            {
                var token = state.TrustTokens.GetValueOrDefault(Secret.Hash(secret));
                if (token is null || token.ExpiresAt <= time.GetUtcNow())
                    throw new StapesException(ErrorKind.Forbidden, "No matching certificate add operation found");
                added = make(token);
                return With(state with { TrustTokens = state.TrustTokens.Remove(token.Hash) }, added);
            }, cancellation);
        return added!;
    }

    /// <returns>False when there is no such token any more.</returns>
    public async Task<bool> RevokeTrustTokenAsync(Guid id, CancellationToken cancellation)
    {
        var found = false;
        await ChangeAsync(
            (state, _) =>
            {
                var token = state.TrustTokens.Values.FirstOrDefault(t => t.Id == id);
                found = token is not null;
                return token is null ? state : state with { TrustTokens = state.TrustTokens.Remove(token.Hash) };
            }, cancellation);
        return found;
    }

    /// <summary>Changes the projects; the rules are those of <see cref="ProjectChanges"/>.</summary>
    public Task ChangeProjectsAsync(AccessChange change, CancellationToken cancellation) => ChangeAsync(change, cancellation);

    public void Dispose() => turn.Dispose();

    private async Task ChangeAsync(AccessChange change, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            present = new(await store.ChangeAsync(change, cancellation));
        }
        finally
        {
            turn.Release();
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    private Identity Make(IdentityKind kind, string id, Grant grant)
    {
        var now = time.GetUtcNow();
        if (grant.ExpiresAt <= now)
            throw new StapesException(ErrorKind.Invalid, $"The {(kind is IdentityKind.Token ? "access token" : "user")} would have expired at {grant.ExpiresAt:u}: choose a time in the future");
        return new()
        {
            Kind = kind,
            Id = id,
            Name = grant.Name,
            Description = grant.Description,
            Role = grant.Role,
            Restricted = grant.Projects is not null,
            Projects = grant.Projects ?? [],
            CreatedAt = now,
            ExpiresAt = grant.ExpiresAt,
        };
    }

    private static AccessState With(AccessState state, Identity identity)
    {
        CheckProjects(state, identity.Projects);
        if (state.Identities.ContainsKey(identity.Key))
            throw new StapesException(ErrorKind.Conflict, $"{Describe(identity.Kind)} already in trust store");
        if (identity.Kind is IdentityKind.Token && state.Of(IdentityKind.Token).Any(t => t.Name == identity.Name))
            throw new StapesException(ErrorKind.Conflict, $"There is an access token \"{identity.Name}\" already: choose another name, or remove it first");
        return state with { Identities = state.Identities.Add(identity.Key, identity) };
    }

    private static void CheckProjects(AccessState state, IReadOnlyList<string> projects)
    {
        if (projects.FirstOrDefault(p => !state.Projects.ContainsKey(p) && p != Image.DefaultProject) is { } missing)
            throw new StapesException(ErrorKind.NotFound, $"Project \"{missing}\" not found: create it first");
    }

    private static StapesException Unknown(IdentityKey key) => new(ErrorKind.NotFound, $"{Describe(key.Kind)} not found");

    private static string Describe(IdentityKind kind) => kind switch
    {
        IdentityKind.Certificate => "Certificate",
        IdentityKind.Token => "Access token",
        _ => "User",
    };
}
