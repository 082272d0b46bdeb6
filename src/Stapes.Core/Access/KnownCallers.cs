namespace Stapes.Core.Access;

/// <summary>Who a certificate, a secret or a subject stands for: made once for each state, so that a lookup costs no allocation.</summary>
internal sealed class KnownCallers
{
    /// <summary>By so much of the hash a token is looked for; whether it is the one, a comparison in constant time tells.</summary>
    private const int Prefix = 16;

    private readonly Dictionary<string, Known> certificates;
    private readonly Dictionary<string, Known> subjects;
    private readonly ILookup<string, Known> tokens;

    public KnownCallers(AccessState state)
    {
        State = state;
        certificates = Of(IdentityKind.Certificate).ToDictionary(static k => k.Identity.Id, StringComparer.Ordinal);
        subjects = Of(IdentityKind.Oidc).ToDictionary(static k => k.Identity.Id, StringComparer.Ordinal);
        tokens = Of(IdentityKind.Token).ToLookup(static k => k.Identity.Id[..Prefix], StringComparer.Ordinal);

        IEnumerable<Known> Of(IdentityKind kind) => state.Of(kind).Select(static i => new Known(i, i.ToCaller()));
    }

    public AccessState State { get; }

    public Caller? FindCertificate(string fingerprint, DateTimeOffset now) => certificates.GetValueOrDefault(fingerprint)?.At(now);

    public Caller? FindSubject(string subject, DateTimeOffset now) => subjects.GetValueOrDefault(subject)?.At(now);

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
