using System.Net;
using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Tests.Library;

namespace Stapes.Tests.Shared.Authentication;

public sealed class OidcVerifierTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private Issuer issuer = null!;
    private OidcVerifier verifier = null!;

    public async ValueTask InitializeAsync()
    {
        issuer = await Issuer.StartAsync();
        verifier = Verifier(new() { Issuer = issuer.Url, ClientId = "stapes" });
    }

    public async ValueTask DisposeAsync()
    {
        verifier.Dispose();
        await issuer.DisposeAsync();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    public async Task A_token_that_the_issuer_signed_names_its_user(string algorithm) =>
        (await VerifyAsync(issuer.Sign(issuer.Claims(), algorithm))).ShouldBe(new OidcUser("user-1", "user-1"));

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("RS1")]
    [InlineData("EdDSA")]
    public Task A_signature_that_anybody_could_make_is_none(string algorithm) => ShouldRejectAsync(issuer.Sign(issuer.Claims(), algorithm), "signature");

    [Fact]
    public async Task A_token_that_was_changed_is_rejected()
    {
        var token = issuer.Sign(issuer.Claims()).Split('.');
        var other = issuer.Sign(With("sub", "user-2")).Split('.');
        await ShouldRejectAsync($"{token[0]}.{other[1]}.{token[2]}", "signature");
    }

    public static TheoryData<string, string?, string> WrongClaims => new()
    {
        { "iss", "\"https://elsewhere.example\"", "another issuer" },
        { "aud", "\"other\"", "another program" },
        { "aud", null, "another program" },
        { "exp", null, "expired" },
        { "exp", "1000", "expired" },
        { "exp", "\"never\"", "expired" },
        { "nbf", "1893460000", "not valid yet" },
        { "nbf", "\"soon\"", "not valid yet" },
        { "sub", null, "subject" },
        { "incus.allowed_subnets", "[]", "network" },
        { "incus.allowed_subnets", "\"192.0.2.0/24\"", "network" },
        { "incus.allowed_subnets", "[\"nonsense\",\"192.0.2.0/24\"]", "network" },
    };

    [Theory]
    [MemberData(nameof(WrongClaims))]
    public Task A_token_with_a_wrong_claim_is_rejected(string claim, string? json, string why) =>
        ShouldRejectAsync(issuer.Sign(With(claim, json is null ? null : JsonNode.Parse(json))), why);

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.e30")]
    [InlineData("W10.W10.")]
    [InlineData("....")]
    public Task What_is_no_token_is_rejected(string token) => ShouldRejectAsync(token, "");

    [Fact]
    public Task An_extension_that_must_be_understood_is_not() =>
        ShouldRejectAsync(issuer.Sign(issuer.Claims(), header: new() { ["kid"] = "one", ["crit"] = new JsonArray("b64") }), "extensions");

    [Fact]
    public async Task Clocks_may_differ_a_little()
    {
        time.Now = new(2030, 1, 1, 1, 0, 20, TimeSpan.Zero);
        await VerifyAsync(issuer.Sign(issuer.Claims()));
        time.Now = new(2030, 1, 1, 1, 0, 40, TimeSpan.Zero);
        await ShouldRejectAsync(issuer.Sign(issuer.Claims()), "expired");
    }

    [Fact]
    public async Task Only_a_token_for_the_audience_counts_where_there_is_one()
    {
        using var strict = Verifier(new() { Issuer = issuer.Url, ClientId = "stapes", Audience = "https://images.example" });
        await Should.ThrowAsync<RejectedTokenException>(() => strict.VerifyAsync(issuer.Sign(issuer.Claims()), null, Cancellation));
        var token = issuer.Sign(With("aud", new JsonArray("other", "https://images.example")));
        (await strict.VerifyAsync(token, null, Cancellation)).Subject.ShouldBe("user-1");
    }

    [Fact]
    public async Task The_name_is_the_claim_that_was_chosen_or_an_address_that_was_checked()
    {
        var claims = With("email", "ann@example.org");
        claims["preferred_username"] = "ann";
        (await VerifyAsync(issuer.Sign(claims))).Name.ShouldBe("ann@example.org");
        claims["email_verified"] = false;
        (await VerifyAsync(issuer.Sign(claims))).Name.ShouldBe("user-1");
        using var chosen = Verifier(new() { Issuer = issuer.Url, ClientId = "stapes", Claim = "preferred_username" });
        (await chosen.VerifyAsync(issuer.Sign(claims), null, Cancellation)).Name.ShouldBe("ann");
        await Should.ThrowAsync<RejectedTokenException>(() => chosen.VerifyAsync(issuer.Sign(issuer.Claims()), null, Cancellation));
    }

    [Fact]
    public async Task A_token_for_some_networks_is_good_in_those()
    {
        var token = issuer.Sign(With("incus.allowed_subnets", new JsonArray("192.0.2.0/24", "2001:db8::/32")));
        foreach (var address in (string[])["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"])
            (await verifier.VerifyAsync(token, IPAddress.Parse(address), Cancellation)).Subject.ShouldBe("user-1");
        await Should.ThrowAsync<RejectedTokenException>(() => verifier.VerifyAsync(token, IPAddress.Parse("198.51.100.1"), Cancellation));
    }

    [Fact]
    public async Task New_keys_are_fetched_when_a_token_names_one_but_not_for_every_such_token()
    {
        await VerifyAsync(issuer.Sign(issuer.Claims()));
        issuer.Fetches.ShouldBe(1);
        issuer.KeyId = "two";
        for (var i = 0; i < 5; i++)
            await ShouldRejectAsync(issuer.Sign(issuer.Claims()), "signature");
        issuer.Fetches.ShouldBe(1);

        time.Now += TimeSpan.FromSeconds(11);
        await VerifyAsync(issuer.Sign(issuer.Claims()));
        issuer.Fetches.ShouldBe(2);
    }

    [Fact]
    public async Task An_issuer_that_is_away_lets_those_in_whose_keys_are_known()
    {
        await VerifyAsync(issuer.Sign(issuer.Claims()));
        issuer.IsAway = true;
        time.Now += TimeSpan.FromMinutes(59);
        await VerifyAsync(issuer.Sign(issuer.Claims()));
        time.Now += TimeSpan.FromMinutes(1);
        await VerifyAsync(issuer.Sign(issuer.Claims()));
    }

    [Fact]
    public async Task An_issuer_that_was_never_there_is_a_failure_of_the_server_and_asked_again_later()
    {
        issuer.IsAway = true;
        var failure = await Should.ThrowAsync<StapesException>(() => VerifyAsync(issuer.Sign(issuer.Claims())));
        failure.Kind.ShouldBe(ErrorKind.Unavailable);
        failure.Message.ShouldContain(issuer.Url);
        issuer.IsAway = false;
        time.Now += TimeSpan.FromSeconds(11);
        await VerifyAsync(issuer.Sign(issuer.Claims()));
    }

    [Fact]
    public async Task An_issuer_by_another_name_is_not_believed()
    {
        issuer.Name = "https://elsewhere.example";
        (await Should.ThrowAsync<StapesException>(() => VerifyAsync(issuer.Sign(issuer.Claims())))).Message.ShouldContain("elsewhere");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private OidcVerifier Verifier(OidcOptions options) => new(options, time);

    private Task<OidcUser> VerifyAsync(string token) => verifier.VerifyAsync(token, IPAddress.Loopback, Cancellation);

    private async Task ShouldRejectAsync(string token, string why) =>
        (await Should.ThrowAsync<RejectedTokenException>(() => VerifyAsync(token))).Message.ShouldContain(why);

    private JsonObject With(string claim, JsonNode? value)
    {
        var claims = issuer.Claims();
        claims.Remove(claim);
        if (value is not null)
            claims[claim] = value;
        return claims;
    }
}
