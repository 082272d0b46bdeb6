using Stapes.Core.Access;
using Stapes.Hosting;
using Stapes.Tests.Hosting;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Access;

/// <summary>A server, and somebody of each kind that the tables of <c>docs/access.md</c> name.</summary>
internal sealed class MatrixCallers : IAsyncDisposable
{
    private readonly Dictionary<string, HttpClient> clients = [];
    private string expired = "";
    private int addresses;

    private MatrixCallers(RunningServer server) => Server = server;

    public static IReadOnlyList<string> Kinds { get; } = ["stranger", "expired", "revoked", "viewer", "other", "publisher", "admin", "unix"];

    public RunningServer Server { get; }

    public HttpClient Unix => clients["unix"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<MatrixCallers> StartAsync(Func<ServerSettings, ServerSettings>? change = null)
    {
        var callers = new MatrixCallers(await RunningServer.StartAsync(map: null, change));
        await callers.AddAsync(callers.Server.Server.Access);
        return callers;
    }

    public async Task<HttpResponseMessage> SendAsync(string kind, HttpRequestMessage request)
    {
        // Who shows a wrong token is slowed down; here each comes from an address of its own.
        using var guesser = kind == "expired" ? Server.WithToken(expired, $"127.0.1.{1 + (addresses++ % 250)}") : null;
        return await (guesser ?? clients[kind]).SendAsync(request, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values)
            client.Dispose();
        await Server.DisposeAsync();
    }

    private async Task AddAsync(AccessControl access)
    {
        await access.ChangeProjectsAsync(ProjectChanges.Create(new("other", "")), Cancellation);
        var revoked = TestCertificate.Create("revoked");
        var former = await access.TrustAsync(revoked);
        var admin = TestCertificate.Create("admin");
        await access.TrustAsync(admin);
        (var ended, expired) = await access.AddTokenAsync(new("expired", Role.Admin), Cancellation);
        await access.UpdateAsync(ended.Key, static i => i with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) }, Cancellation);
        clients["stranger"] = Server.WithCertificate(null, "127.0.0.2");
        clients["revoked"] = Server.WithCertificate(revoked, "127.0.0.3");
        clients["viewer"] = Server.WithToken(await access.TokenAsync("viewer", Role.Viewer, "default"), "127.0.0.4");
        clients["other"] = Server.WithToken(await access.TokenAsync("other", Role.Publisher, "other"), "127.0.0.5");
        clients["publisher"] = Server.WithToken(await access.TokenAsync("publisher", Role.Publisher, "default"), "127.0.0.6");
        clients["admin"] = Server.WithCertificate(admin, "127.0.0.7");
        clients["unix"] = Server.LocalClient();
        // A connection that is open when its certificate is revoked is no better than a new one.
        (await clients["revoked"].GetAsync(new Uri("/1.0/operations", UriKind.Relative), Cancellation)).IsSuccessStatusCode.ShouldBeTrue();
        await access.RemoveAsync(former.Key, Cancellation);
    }
}
