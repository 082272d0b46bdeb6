namespace Stapes.Protocols.Incus.Client;

/// <summary>What a server says of itself and of us. Failures are those of <see cref="IncusConnection"/>.</summary>
public sealed class IncusServer(IncusConnection connection) : IDisposable
{
    public async Task<ServerRecord> GetAsync(CancellationToken cancellation) =>
        (await connection.GetAsync(IncusConnection.UrlOfAnyProject(""), cancellation)).As(IncusJsonContext.Default.ServerRecord);

    /// <summary>Has the server trust the certificate that the connection shows it. Source: Incus REST API, «certificates_post».</summary>
    /// <param name="token">The trust token of its administrator.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task TrustUsAsync(string token, CancellationToken cancellation) => connection.PostAsync(
        IncusConnection.UrlOfAnyProject("/certificates"), new() { ["type"] = "client", ["trust_token"] = token }, IncusJsonContext.Default.JsonObject, cancellation);

    /// <summary>The projects that we may use.</summary>
    public async Task<IReadOnlyList<string>> ProjectsAsync(CancellationToken cancellation) =>
        [.. (await connection.GetAsync(IncusConnection.UrlOfAnyProject("/projects", ("recursion", "1")), cancellation))
            .As(IncusJsonContext.Default.IReadOnlyListProjectRecord).Select(static p => p.Name)];

    public void Dispose() => connection.Dispose();
}
