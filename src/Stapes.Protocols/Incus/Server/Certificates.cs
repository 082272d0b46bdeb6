using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/certificates</c>: the clients that the server trusts. Those who are no admins see themselves only.</summary>
internal static class Certificates
{
    public const string ClientType = "client";

    public static Task<IResult> ListAsync(IncusCall call)
    {
        var filter = ListFilter<Identity>.Parse(call.Query("filter"), Compare);
        var shown = call.Api.Access.State.Of(IdentityKind.Certificate).Where(i => IsFor(call, i) && filter?.Matches(i) is not false);
        return Task.FromResult(call.Recursive
            ? Reply.Sync([.. shown.Select(Describe)], IncusJsonContext.Default.IReadOnlyListCertificateRecord)
            : Reply.Sync([.. shown.Select(static i => Url(i.Id))], IncusJsonContext.Default.IReadOnlyListString));
    }

    public static Task<IResult> GetAsync(IncusCall call)
    {
        var record = Describe(Find(call));
        return Task.FromResult(Reply.Sync(record, IncusJsonContext.Default.CertificateRecord, Tag(record)));
    }

    /// <summary>Admins add a certificate or have a token made; strangers add the certificate of their connection, with such a token.</summary>
    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.CertificatesPostRecord);
        if (post is { Token: true, Certificate.Length: > 0 })
            throw new StapesException(ErrorKind.Invalid, "Can't use certificate if token is requested");
        if (call.Caller.IsTrusted && post is { Token: false, Certificate: "" })
            throw new StapesException(ErrorKind.Invalid, "Client is already trusted");
        if (!call.Caller.IsAdmin)
            return await RedeemAsync(call, post);
        if (post.Type != ClientType)
            throw new StapesException(ErrorKind.Invalid, $"Unknown certificate type \"{post.Type}\": this server trusts those of type \"{ClientType}\" only");
        if (post.Token)
            return await CreateTokenAsync(call, post);
        using var certificate = ClientCertificate.Parse(post.Certificate);
        var identity = Identity(call, certificate, post.Name, post.Description);
        await call.Api.Access.AddAsync(
            identity with { Role = RoleOf(post.Role) ?? Role.Admin, Restricted = post.Restricted, Projects = post.Projects ?? [] }, call.Cancellation);
        return Reply.Created(Url(identity.Id));
    }

    public static async Task<IResult> PutAsync(IncusCall call)
    {
        var put = await call.ReadJsonAsync(IncusJsonContext.Default.CertificatePutRecord);
        return await ChangeAsync(call, put with
        {
            Name = put.Name ?? "",
            Type = put.Type ?? "",
            Description = put.Description ?? "",
            Restricted = put.Restricted ?? false,
            Projects = put.Projects ?? [],
        });
    }

    public static async Task<IResult> PatchAsync(IncusCall call) =>
        await ChangeAsync(call, await call.ReadJsonAsync(IncusJsonContext.Default.CertificatePutRecord));

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        await call.Api.Access.RemoveAsync(Find(call).Key, call.Cancellation);
        return Reply.Empty;
    }

    /// <returns>Null when nothing is said.</returns>
    /// <exception cref="StapesException">Invalid: there is no such role.</exception>
    public static Role? RoleOf(string? name) => string.IsNullOrEmpty(name) ? null : RoleNames.Parse(name);

    private static async Task<IResult> CreateTokenAsync(IncusCall call, CertificatesPostRecord post)
    {
        if (call.Api.Options.Identity().Addresses.Count == 0)
            throw new StapesException(ErrorKind.Invalid, "Can't issue token when server isn't listening on network");
        return Reply.Started(await call.Api.TrustTokens.CreateAsync(post with { Password = null, TrustToken = "" }, call.Cancellation));
    }

    private static async Task<IResult> RedeemAsync(IncusCall call, CertificatesPostRecord post)
    {
        var text = post.TrustToken.Length > 0 ? post.TrustToken : post.Password ?? "";
        if (post.Token || text.Length == 0)
            throw IncusEndpoints.NotAuthorized();
        call.CheckAttempts();
        if (TrustTokenRecord.TryDecode(text) is not { Secret.Length: > 0 } token)
        {
            call.NoteFailedAttempt();
            throw IncusEndpoints.NotAuthorized();
        }

        // Of what the client says nothing counts: what it gets is what the token was made for.
        var certificate = call.Http.Connection.ClientCertificate ?? throw new StapesException(ErrorKind.Invalid, "No client certificate provided");
        ClientCertificate.Check(certificate);
        if (!call.Api.Options.CanBeTrusted(call.Http))
            throw new StapesException(ErrorKind.Forbidden, "This server trusts the certificates that its authority signed, and no others: have yours signed, and come without a token");
        try
        {
            var added = await call.Api.Access.RedeemAsync(token.Secret, t => Identity(call, certificate, t.Name, t.Description) with
            {
                Role = t.Role,
                Restricted = t.Restricted,
                Projects = t.Projects,
            }, call.Cancellation);
            call.Api.TrustTokens.Update();
            return Reply.Created(Url(added.Id));
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Forbidden)
        {
            call.NoteFailedAttempt();
            throw;
        }
    }

    private static async Task<IResult> ChangeAsync(IncusCall call, CertificatePutRecord change)
    {
        var condition = call.Request.Headers.IfMatch.ToString();
        using var certificate = change.Certificate is { Length: > 0 } text ? ClientCertificate.Parse(text) : null;
        await call.Api.Access.UpdateAsync(
            Find(call).Key,
            present =>
            {
                EntityTag.Check(condition, Tag(Describe(present)));
                if (change.Type is { } type && type != ClientType)
                    throw new StapesException(ErrorKind.Invalid, "The certificate type cannot be changed");
                return present with
                {
                    Id = certificate is null ? present.Id : ClientCertificate.Fingerprint(certificate),
                    Certificate = certificate is null ? present.Certificate : ClientCertificate.Pem(certificate),
                    Name = change.Name ?? present.Name,
                    Description = change.Description ?? present.Description,
                    Restricted = change.Restricted ?? present.Restricted,
                    Projects = change.Projects ?? present.Projects,
                    Role = RoleOf(change.Role) ?? present.Role,
                };
            }, call.Cancellation);
        return Reply.Empty;
    }

    /// <exception cref="StapesException">NotFound. Invalid: the prefix has several.</exception>
    private static Identity Find(IncusCall call)
    {
        var prefix = call.Route("fingerprint").ToLowerInvariant();
        var found = call.Api.Access.State.Of(IdentityKind.Certificate)
            .Where(i => IsFor(call, i) && i.Id.StartsWith(prefix, StringComparison.Ordinal)).Take(2).ToList();
        return found switch
        {
            [var identity] => identity,
            [] => throw new StapesException(ErrorKind.NotFound, "Certificate not found"),
            _ => throw new StapesException(ErrorKind.Invalid, $"More than one certificate matches \"{prefix}\": give more of the fingerprint"),
        };
    }

    private static bool IsFor(IncusCall call, Identity identity) => call.Caller.IsAdmin || (call.Caller.Method is CallerMethod.Tls && call.Caller.Id == identity.Id);

    private static Identity Identity(IncusCall call, X509Certificate2 certificate, string name, string description) => new()
    {
        Kind = IdentityKind.Certificate,
        Id = ClientCertificate.Fingerprint(certificate),
        Name = name.Length > 0 ? name : ClientCertificate.CommonName(certificate) ?? call.Http.Connection.RemoteIpAddress?.ToString() ?? "unnamed",
        Description = description,
        Role = Role.Viewer,
        Certificate = ClientCertificate.Pem(certificate),
        CreatedAt = call.Api.Options.Time.GetUtcNow(),
    };

    private static CertificateRecord Describe(Identity identity) => new()
    {
        Name = identity.Name,
        Type = ClientType,
        Restricted = identity.Restricted,
        Projects = identity.Projects,
        Certificate = identity.Certificate,
        Description = identity.Description,
        Fingerprint = identity.Id,
        Role = identity.Role.ToName(),
    };

    private static Func<Identity, bool> Compare(string field, bool equal, string value) => field switch
    {
        "name" => ImageField.Text<Identity>(static i => i.Name, equal, value),
        "description" => ImageField.Text<Identity>(static i => i.Description, equal, value),
        "fingerprint" => ImageField.Text<Identity>(static i => i.Id, equal, value),
        "type" => ImageField.Text<Identity>(static _ => ClientType, equal, value),
        "restricted" => ImageField.Text<Identity>(static i => i.Restricted ? "true" : "false", equal, value),
        _ => throw ImageFilter.Invalid($"certificates cannot be filtered by \"{field}\""),
    };

    private static string Tag(CertificateRecord record) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(record, IncusJsonContext.Default.CertificateRecord)));

    private static string Url(string fingerprint) => $"/1.0/certificates/{fingerprint}";
}
