using System.Text;
using Stapes.Core;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Incus.Client.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Client.Oidc;

/// <summary>Logins with a real issuer and a real server on loopback.</summary>
public sealed class OidcLoginTests : IAsyncLifetime
{
    private const string Fresh = """{"access_token":"access-2","token_type":"bearer","refresh_token":"s3cret-2","id_token":"id-2","expires_in":3600}""";

    /// <summary>As the Incus client writes it.</summary>
    private const string Old = """{"access_token":"access-1","token_type":"Bearer","refresh_token":"s3cret-1","expiry":"2026-11-26T11:00:00.123456789+01:00","IDTokenClaims":null,"IDToken":"id-1"}""";

    private LoginServers servers = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => servers = await LoginServers.StartAsync();

    public ValueTask DisposeAsync() => servers.DisposeAsync();

    [Fact]
    public async Task A_user_is_told_where_to_log_in_and_the_login_is_kept()
    {
        foreach (var answer in (string[])["""{"error":"authorization_pending"}""", """{"error":"slow_down"}""", Fresh])
            servers.TokenAnswers.Enqueue(answer);

        await AskAsync();

        servers.Prompts.ShouldBe(["URL: https://login.example/device", "Code: ABCD-EFGH"]);
        servers.Time.Waits.Select(static w => w.TotalSeconds).ShouldBe([2, 2, 7]);
        servers.Forms.First().ShouldBe(new Dictionary<string, string> { ["client_id"] = "stapes", ["scope"] = "openid email", ["audience"] = "images" }, ignoreOrder: true);
        servers.Forms.Last().ShouldBe(
            new Dictionary<string, string> { ["client_id"] = "stapes", ["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code", ["device_code"] = "s3cret-device" }, ignoreOrder: true);
        servers.Kept().ToJsonString().ShouldBe("""{"access_token":"access-2","token_type":"Bearer","refresh_token":"s3cret-2","expiry":"2030-01-01T01:00:11Z","IDTokenClaims":null,"IDToken":"id-2"}""");
        File.GetUnixFileMode(servers.LoginPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await AskAsync();
        servers.Prompts.Count.ShouldBe(2, "the login is there");
    }

    [Fact]
    public async Task The_page_with_the_code_in_it_goes_first()
    {
        servers.CodeAnswer = LoginServers.Code.Replace("\"expires_in\"", "\"verification_uri_complete\":\"https://login.example/device?user_code=ABCD-EFGH\",\"expires_in\"", StringComparison.Ordinal);
        servers.TokenAnswers.Enqueue(Fresh);

        await AskAsync();

        servers.Prompts.First().ShouldBe("URL: https://login.example/device?user_code=ABCD-EFGH");
    }

    [Theory]
    [InlineData("access_denied", " was denied at ")]
    [InlineData("expired_token", "the code has expired")]
    [InlineData("invalid_client", "refuses the login: invalid_client")]
    [InlineData("s3cret-device!", "refuses the login: it does not say why")]
    public async Task A_login_that_fails_ends_in_a_line(string error, string message)
    {
        servers.TokenAnswers.Enqueue($$"""{"error":"{{error}}","error_description":"of s3cret-device"}""");

        (await ShouldFailAsync()).ShouldContain(message);

        File.Exists(servers.LoginPath).ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_is_waited_for_longer_than_the_code_is_good()
    {
        for (var i = 0; i < 60; i++)
            servers.TokenAnswers.Enqueue("""{"error":"authorization_pending"}""");

        (await ShouldFailAsync()).ShouldContain("the code has expired");

        servers.Time.Waits.Count.ShouldBe(30);
    }

    [Fact]
    public async Task An_issuer_that_is_away_meanwhile_is_asked_more_rarely()
    {
        servers.TokenAnswers.Enqueue("");
        servers.TokenAnswers.Enqueue(Fresh);

        await AskAsync();

        servers.Time.Waits.Select(static w => w.TotalSeconds).ShouldBe([2, 4]);
    }

    [Fact]
    public async Task An_access_token_that_has_expired_is_renewed_without_the_user()
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue("""{"access_token":"access-2","token_type":"Bearer","refresh_token":"s3cret-2","expires_in":"60"}""");

        await AskAsync();

        servers.Prompts.ShouldBeEmpty();
        servers.Forms.ShouldHaveSingleItem().ShouldBe(new Dictionary<string, string> { ["client_id"] = "stapes", ["grant_type"] = "refresh_token", ["refresh_token"] = "s3cret-1" }, ignoreOrder: true);
        servers.Kept().ToJsonString().ShouldBe("""{"access_token":"access-2","token_type":"Bearer","refresh_token":"s3cret-2","expiry":"2030-01-01T00:01:00Z","IDTokenClaims":null,"IDToken":"id-1"}""");
    }

    [Fact]
    public async Task What_the_incus_client_wrote_is_used_as_it_is()
    {
        servers.Keep(Old);
        servers.Trusted = "access-1";

        await AskAsync();

        servers.Issuer.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_another_program_renewed_is_used()
    {
        servers.Keep(Old);
        using var server = new IncusServer(servers.Connect());
        servers.Keep(Old.Replace("access-1", "access-2", StringComparison.Ordinal));

        (await server.GetAsync(Cancellation)).Auth.ShouldBe("trusted");

        servers.Issuer.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_requests_renew_a_login_once()
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue(Fresh);
        using var server = new IncusServer(servers.Connect());

        foreach (var record in await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => server.GetAsync(Cancellation))))
            record.Auth.ShouldBe("trusted");

        servers.Forms.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Many_programs_renew_a_login_once()
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue(Fresh);

        // Each has read the login before the first one renews it.
        var programs = Enumerable.Range(0, 8).Select(_ => new IncusServer(servers.Connect(isTerminal: false))).ToList();
        foreach (var record in await Task.WhenAll(programs.Select(static p => p.GetAsync(Cancellation))))
            record.Auth.ShouldBe("trusted");

        servers.Forms.ShouldHaveSingleItem();
        programs.ForEach(static p => p.Dispose());
    }

    [Fact]
    public async Task A_request_that_is_given_up_does_not_end_the_login_for_the_others()
    {
        using var given = new CancellationTokenSource();
        using var server = new IncusServer(servers.Connect());
        var asked = new TaskCompletionSource();
        servers.Instead = async http =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        };
        var first = server.GetAsync(given.Token);
        await asked.Task;
        var second = server.GetAsync(Cancellation);
        servers.Instead = null;
        servers.TokenAnswers.Enqueue(Fresh);
        await given.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(first);
        (await second).Auth.ShouldBe("trusted");
    }

    [Fact]
    public async Task An_upload_that_is_refused_is_sent_again_as_a_whole()
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue(Fresh);
        using var files = new TemporaryDirectory();
        await File.WriteAllTextAsync(files["image"], new string('x', 100_000), Cancellation);
        using var connection = servers.Connect();
        using var request = new UploadRequest(files["image"], Root: null).ToRequest(connection.Url("/images"), watch: null);

        await connection.SendAsync(request, Cancellation);

        servers.Bodies.ShouldHaveSingleItem().ShouldBe(new string('x', 100_000));
    }

    [Fact]
    public async Task A_login_that_the_issuer_ended_is_made_anew_where_somebody_reads()
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue("""{"error":"invalid_grant","error_description":"s3cret-1"}""");
        servers.TokenAnswers.Enqueue(Fresh);

        await AskAsync();

        servers.Prompts.Count.ShouldBe(2);
        ((string?)servers.Kept()["refresh_token"]).ShouldBe("s3cret-2");
    }

    [Theory]
    [InlineData(Old)]
    [InlineData("")]
    [InlineData("{\"access_token\":\"access-1\"")]
    [InlineData("{\"access_token\":\"s3cret\\r\\nX: y\"}")]
    public async Task Nobody_is_asked_where_nobody_reads(string kept)
    {
        servers.Keep(kept);
        servers.TokenAnswers.Enqueue("""{"error":"invalid_grant","error_description":"s3cret-1"}""");

        (await ShouldFailAsync(isTerminal: false)).ShouldBe("There is no login to \"corp\", or it has ended: run `stapes image list corp:` in a terminal to log in");

        File.ReadAllText(servers.LoginPath).ShouldBe(kept);
    }

    [Fact]
    public async Task An_issuer_gets_no_refresh_token_of_another_one()
    {
        var claims = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"iss":"https://login.example","sub":"me"}""")).TrimEnd('=');
        servers.Keep(Old.Replace("id-1", $"e30.{claims}.e30", StringComparison.Ordinal));

        await ShouldFailAsync(isTerminal: false);

        servers.Issuer.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_without_logins_is_told_with_its_own_words()
    {
        await using var server = await Shared.Client.WebServer.StartTlsAsync(static http =>
        {
            http.Response.StatusCode = 401;
            return http.Response.Body.WriteAsync("""{"type":"error","error":"Who are you?","error_code":401}"""u8.ToArray()).AsTask();
        });
        using var connection = new IncusServer(IncusConnection.To(servers.Access() with { Addresses = [ServerAddress.Parse(server.Url)], PinnedCertificate = server.Certificate }));

        (await Should.ThrowAsync<StapesException>(connection.GetAsync(Cancellation))).Message.ShouldBe("Who are you?");
    }

    [Fact]
    public void A_login_does_not_travel_unencrypted()
    {
        var login = new OidcLogin("corp", new Stapes.Remotes.NewLogin(), prompt: null, TimeProvider.System);

        Should.Throw<StapesException>(() => login.AddTo(new(ServerAddress.Parse(new("http://corp.example"))))).Message.ShouldBe("http://corp.example would get a login unencrypted: use https://");
    }

    private async Task AskAsync()
    {
        using var server = new IncusServer(servers.Connect());
        (await server.GetAsync(Cancellation)).Auth.ShouldBe("trusted");
    }

    private async Task<string> ShouldFailAsync(bool isTerminal = true)
    {
        using var server = new IncusServer(servers.Connect(isTerminal));
        var failure = await Should.ThrowAsync<StapesException>(server.GetAsync(Cancellation));
        failure.ToString().ShouldNotContain("s3cret");
        return failure.Message;
    }
}
