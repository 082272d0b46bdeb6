using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Incus.Client.Oidc;
using Stapes.Protocols.Shared.Client;
using Stapes.Remotes;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Client.Oidc;

/// <summary>An issuer that answers as a test tells it to, a server that trusts one token of it, and the configuration of a user of both.</summary>
internal sealed class LoginServers : IAsyncDisposable
{
    public const string Code = """{"device_code":"s3cret-device","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device","expires_in":60,"interval":2}""";

    private readonly TemporaryDirectory directory = new();

    private LoginServers()
    {
    }

    public WebServer Issuer { get; private set; } = null!;

    public WebServer Server { get; private set; } = null!;

    public SwiftTime Time { get; } = new();

    /// <summary>What the user was told.</summary>
    public ConcurrentQueue<string> Prompts { get; } = [];

    /// <summary>What the issuer was sent, decoded.</summary>
    public ConcurrentQueue<Dictionary<string, string>> Forms { get; } = [];

    /// <summary>What the issuer answers about tokens, in turn, with 400 where it is an error; nothing for a connection that breaks.</summary>
    public ConcurrentQueue<string> TokenAnswers { get; } = [];

    public string IssuerName { get; set; } = "";

    public JsonObject Discovery { get; set; } = [];

    public string CodeAnswer { get; set; } = Code;

    /// <summary>Answers instead of the issuer, when it is there.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>The token that the server trusts.</summary>
    public string Trusted { get; set; } = "access-2";

    /// <summary>The bodies that the server was sent with that token.</summary>
    public ConcurrentQueue<string> Bodies { get; } = [];

    public string LoginPath => Paths.Login("corp");

    private ClientPaths Paths => new(directory["conf"]);

    public static async Task<LoginServers> StartAsync()
    {
        var servers = new LoginServers();
        servers.Issuer = await WebServer.StartAsync(servers.AnswerAsIssuerAsync);
        servers.Server = await WebServer.StartTlsAsync(servers.AnswerAsServerAsync);
        servers.IssuerName = servers.Issuer.Url.AbsoluteUri.TrimEnd('/');
        servers.Discovery = new()
        {
            ["issuer"] = servers.IssuerName,
            ["device_authorization_endpoint"] = servers.IssuerName + "/device",
            ["token_endpoint"] = servers.IssuerName + "/token",
        };
        return servers;
    }

    public void Keep(string json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(LoginPath)!);
        File.WriteAllText(LoginPath, json);
    }

    /// <summary>The file of the login, as JSON.</summary>
    public JsonNode Kept() => JsonNode.Parse(File.ReadAllText(LoginPath))!;

    public IncusConnection Connect(bool isTerminal = true) => IncusConnection.To(Access(isTerminal));

    public HttpAccess Access(bool isTerminal = true) => new OidcLogin("corp", new LoginFile(Paths, "corp"), isTerminal ? Prompts.Enqueue : null, Time)
        .AddTo(new(ServerAddress.Parse(Server.Url)) { PinnedCertificate = Server.Certificate });

    public async ValueTask DisposeAsync()
    {
        await Issuer.DisposeAsync();
        await Server.DisposeAsync();
        directory.Dispose();
    }

    public static void Challenge(HttpContext http, string issuer)
    {
        http.Response.StatusCode = 401;
        http.Response.Headers["X-Incus-OIDC-issuer"] = issuer;
        http.Response.Headers["X-Incus-OIDC-clientid"] = "stapes";
        http.Response.Headers["X-Incus-OIDC-audience"] = "images";
        http.Response.Headers["X-Incus-OIDC-scopes"] = "openid,email";
    }

    private async Task AnswerAsServerAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization != $"Bearer {Trusted}")
        {
            // Some read all that they are sent before they look at who sent it.
            await http.Request.Body.CopyToAsync(Stream.Null);
            Challenge(http, IssuerName);
            await http.Response.WriteAsync("""{"type":"error","error":"The token is expired","error_code":401}""");
            return;
        }

        using var body = new StreamReader(http.Request.Body);
        Bodies.Enqueue(await body.ReadToEndAsync());
        await http.Response.WriteAsync("""{"type":"sync","status":"Success","status_code":200,"metadata":{"auth":"trusted"}}""");
    }

    private async Task AnswerAsIssuerAsync(HttpContext http)
    {
        if (Instead is not null)
        {
            await Instead(http);
            return;
        }

        if (HttpMethods.IsPost(http.Request.Method))
            Forms.Enqueue((await http.Request.ReadFormAsync()).ToDictionary(static f => f.Key, static f => f.Value.ToString()));
        var answer = http.Request.Path.Value switch
        {
            "/.well-known/openid-configuration" => Discovery.ToJsonString(),
            "/device" => CodeAnswer,
            "/token" when TokenAnswers.TryDequeue(out var next) => next,
            _ => """{"error":"server_error"}""",
        };
        if (answer.Length == 0)
            http.Abort();
        if (answer.Contains("\"error\"", StringComparison.Ordinal))
            http.Response.StatusCode = 400;
        await http.Response.WriteAsync(answer);
    }
}
