using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Trust tokens as operations, which is how clients list and revoke them. The truth is in <see cref="AccessControl"/>, which keeps only
/// the hash of a secret: after a restart a token is still listed and good, but cannot be shown again.
/// </summary>
internal sealed class TrustTokens
{
    private readonly IncusApi api;

    public TrustTokens(IncusApi api)
    {
        this.api = api;
        var now = api.Options.Time.GetUtcNow();
        foreach (var token in api.Access.State.TrustTokens.Values.Where(t => !(t.ExpiresAt <= now)))
        {
            Show(token, "", new()
            {
                Name = token.Name,
                Type = Certificates.ClientType,
                Description = token.Description,
                Restricted = token.Restricted,
                Projects = token.Projects,
                Token = true,
            });
        }
    }

    /// <summary>Makes a token for what a request says.</summary>
    /// <exception cref="Core.StapesException">NotFound: a project is missing.</exception>
    public async Task<Operation> CreateAsync(CertificatesPostRecord request, CancellationToken cancellation)
    {
        var now = api.Options.Time.GetUtcNow();
        var secret = Secret.NewTrustSecret();
        var token = new TrustToken
        {
            Hash = Secret.Hash(secret),
            Id = Guid.NewGuid(),
            Name = request.Name,
            Description = request.Description,
            Role = Certificates.RoleOf(request.Role) ?? Role.Admin,
            Restricted = request.Restricted,
            Projects = request.Projects ?? [],
            CreatedAt = now,
            ExpiresAt = request.ExpiresAt ?? now + api.Options.TrustTokenLife,
        };
        await api.Access.AddTrustTokenAsync(token, cancellation);
        return Show(token, secret, request with { Projects = request.Projects ?? [] });
    }

    /// <summary>Ends the operations of tokens that are used up, revoked or expired.</summary>
    public void Update()
    {
        var now = api.Options.Time.GetUtcNow();
        var live = api.Access.State.TrustTokens.Values.Where(t => !(t.ExpiresAt <= now)).Select(static t => t.Id.ToString()).ToHashSet();
        foreach (var operation in api.Operations.All.Where(o => o.IsAboutAccess && !live.Contains(o.Id)))
            operation.End(OperationStatus.Cancelled);
    }

    /// <exception cref="Core.StapesException">Invalid: it is used up, revoked or expired already.</exception>
    public async Task RevokeAsync(Operation operation, CancellationToken cancellation)
    {
        var found = await api.Access.RevokeTrustTokenAsync(Guid.Parse(operation.Id), cancellation);
        Update();
        if (!found)
            throw OperationEndpoints.CannotCancel();
    }

    private Operation Show(TrustToken token, string secret, CertificatesPostRecord request)
    {
        var identity = api.Options.Identity();
        var metadata = new JsonObject
        {
            ["addresses"] = new JsonArray([.. identity.Addresses.Select(static a => (JsonNode)a)]),
            ["fingerprint"] = identity.CertificateFingerprint,
            ["request"] = JsonSerializer.SerializeToNode(request, IncusJsonContext.Default.CertificatesPostRecord),
            ["secret"] = secret,
        };
        if (token.ExpiresAt is { } end)
            metadata["expiresAt"] = GoTimeConverter.Format(end);
        return api.Operations.ShowTrustToken(new() { Id = token.Id.ToString(), Description = "Certificate add token", MayCancel = true, Metadata = metadata });
    }
}
