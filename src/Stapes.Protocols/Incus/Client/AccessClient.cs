using System.Text.Json;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Client;

/// <summary>Who a server trusts, and its projects. Failures are those of <see cref="IncusConnection"/>.</summary>
public sealed class AccessClient(IncusConnection connection) : IDisposable
{
    /// <param name="filter">In the API's filter language; empty for all.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A list of <see cref="CertificateRecord"/> as the server wrote it.</returns>
    public async Task<JsonElement> ListCertificatesAsync(string filter, CancellationToken cancellation) =>
        (await connection.GetAsync(connection.Url("/certificates", ("recursion", "1"), ("filter", filter)), cancellation)).Metadata;

    /// <param name="fingerprint">One, or the start of one.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<(CertificateRecord Certificate, string? ETag)> GetCertificateAsync(string fingerprint, CancellationToken cancellation)
    {
        var answer = await connection.GetAsync(CertificateUrl(fingerprint), cancellation);
        return (answer.As(IncusJsonContext.Default.CertificateRecord), answer.ETag);
    }

    public Task AddCertificateAsync(CertificatesPostRecord certificate, CancellationToken cancellation) =>
        connection.PostAsync(connection.Url("/certificates"), certificate, IncusJsonContext.Default.CertificatesPostRecord, cancellation);

    /// <param name="etag">Of the certificate as it was looked at; null to overwrite whatever there is.</param>
    public Task UpdateCertificateAsync(string fingerprint, CertificatePutRecord fields, string? etag, CancellationToken cancellation) =>
        connection.PutAsync(CertificateUrl(fingerprint), fields, IncusJsonContext.Default.CertificatePutRecord, etag, cancellation);

    public Task DeleteCertificateAsync(string fingerprint, CancellationToken cancellation) =>
        connection.DeleteAsync(CertificateUrl(fingerprint), cancellation);

    /// <summary>Has the server make a token with which a client gets itself trusted.</summary>
    public async Task<TrustTokenRecord> AddTrustTokenAsync(CertificatesPostRecord request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = await connection.PostAsync(
            connection.Url("/certificates"), request with { Token = true }, IncusJsonContext.Default.CertificatesPostRecord, cancellation);
        return TrustTokenRecord.Of(answer.As(IncusJsonContext.Default.OperationRecord))
            ?? throw new StapesException(ErrorKind.Unavailable, "The server made no token: look whether it is one that others can be trusted by");
    }

    /// <summary>The trust tokens that nobody has used yet, and what to revoke them by.</summary>
    public async Task<IReadOnlyList<(string Operation, TrustTokenRecord Token)>> ListTrustTokensAsync(CancellationToken cancellation)
    {
        var url = IncusConnection.UrlOfAnyProject("/operations", ("recursion", "1"));
        var answer = await connection.GetAsync(url, cancellation);
        return
        [
            .. from status in answer.As(IncusJsonContext.Default.IReadOnlyDictionaryStringIReadOnlyListOperationRecord)
               from operation in status.Value
               let token = TrustTokenRecord.Of(operation)
               where token is not null
               select (operation.Id, token),
        ];
    }

    public Task RevokeTrustTokenAsync(string operation, CancellationToken cancellation) =>
        connection.DeleteAsync(IncusConnection.UrlOfAnyProject($"/operations/{Uri.EscapeDataString(operation)}"), cancellation);

    public async Task<IReadOnlyList<AccessTokenRecord>> ListTokensAsync(CancellationToken cancellation) =>
        (await connection.GetAsync(TokensUrl(""), cancellation)).As(IncusJsonContext.Default.IReadOnlyListAccessTokenRecord);

    /// <returns>The token; its secret is never told again.</returns>
    public async Task<AccessTokenRecord> AddTokenAsync(AccessTokenRecord request, CancellationToken cancellation) =>
        (await connection.PostAsync(TokensUrl(""), request, IncusJsonContext.Default.AccessTokenRecord, cancellation)).As(IncusJsonContext.Default.AccessTokenRecord);

    public Task DeleteTokenAsync(string name, CancellationToken cancellation) => connection.DeleteAsync(TokensUrl($"/{Uri.EscapeDataString(name)}"), cancellation);

    public async Task<IReadOnlyList<OidcUserRecord>> ListUsersAsync(CancellationToken cancellation) =>
        (await connection.GetAsync(UsersUrl(""), cancellation)).As(IncusJsonContext.Default.IReadOnlyListOidcUserRecord);

    public async Task<OidcUserRecord> GetUserAsync(string name, CancellationToken cancellation) =>
        (await connection.GetAsync(UsersUrl($"/{Uri.EscapeDataString(name)}"), cancellation)).As(IncusJsonContext.Default.OidcUserRecord);

    public Task AddUserAsync(OidcUserRecord user, CancellationToken cancellation) =>
        connection.PostAsync(UsersUrl(""), user, IncusJsonContext.Default.OidcUserRecord, cancellation);

    public Task DeleteUserAsync(string name, CancellationToken cancellation) => connection.DeleteAsync(UsersUrl($"/{Uri.EscapeDataString(name)}"), cancellation);

    /// <returns>A list of <see cref="ProjectRecord"/> as the server wrote it.</returns>
    public async Task<JsonElement> ListProjectsAsync(CancellationToken cancellation) =>
        (await connection.GetAsync(IncusConnection.UrlOfAnyProject("/projects", ("recursion", "1")), cancellation)).Metadata;

    public Task CreateProjectAsync(ProjectPutRecord project, CancellationToken cancellation) =>
        connection.PostAsync(IncusConnection.UrlOfAnyProject("/projects"), project, IncusJsonContext.Default.ProjectPutRecord, cancellation);

    public Task DeleteProjectAsync(string name, CancellationToken cancellation) =>
        connection.DeleteAsync(IncusConnection.UrlOfAnyProject($"/projects/{Uri.EscapeDataString(name)}"), cancellation);

    public void Dispose() => connection.Dispose();

    private Uri CertificateUrl(string fingerprint) => connection.Url($"/certificates/{Uri.EscapeDataString(fingerprint)}");

    private static Uri UsersUrl(string rest) => new($"/stapes/1.0/oidc{rest}", UriKind.Relative);

    private static Uri TokensUrl(string rest) => new($"/stapes/1.0/tokens{rest}", UriKind.Relative);
}
