namespace Stapes.Core.Access;

/// <summary>Who a certificate, a secret or a subject stands for: made once for each state, so that a lookup costs no allocation.</summary>
internal sealed class KnownCallers
{
    /// <summary>By so much of the hash a token is looked for; whether it is the one, a comparison in constant time tells.</summary>
    private const int Prefix = 16;

    private readonly Dictionary<IdentityKey, Known> all;
    private readonly ILookup<string, Known> tokens;

    public KnownCallers(AccessState state)
    {
        State = state;
        all = state.Identities.ToDictionary(static i => i.Key, static i => new Known(i.Value, i.Value.ToCaller()));
        tokens = all.Values.Where(static k => k.Identity.Kind is IdentityKind.Token).ToLookup(static k => k.Identity.Id[..Prefix], StringComparer.Ordinal);
    }

    public AccessState State { get; }

    public Caller? Find(IdentityKey key, DateTimeOffset now) => all.GetValueOrDefault(key)?.At(now);

    public Caller? FindToken(string secret, DateTimeOffset now)
    {
        var hash = Secret.Hash(secret);
        Caller? found = null;
        foreach (var known in tokens[hash[..Prefix]])
        {
            if (Secret.AreEqual(known.Identity.Id, hash))
                found = known.At(now);
        }

        return found;
    }

    private sealed record Known(Identity Identity, Caller Caller)
    {
        public Caller? At(DateTimeOffset now) => Identity.ExpiresAt <= now ? null : Caller;
    }
}
