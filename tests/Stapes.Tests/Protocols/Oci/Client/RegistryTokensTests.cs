using System.Net.Http.Headers;
using Stapes.Core;
using Stapes.Protocols.Oci.Client;

namespace Stapes.Tests.Protocols.Oci.Client;

public sealed class RegistryTokensTests
{
    private static readonly Uri Elsewhere = new("http://registry.example/");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("me")]
    [InlineData("")]
    public async Task Whom_a_registry_without_TLS_names_gets_no_secret(string login)
    {
        await using var server = await TestRegistry.StartAsync();
        server.Account = ("me", "secret");
        using var http = new HttpClient();
        var tokens = new RegistryTokens(http, _ => Task.FromResult<RegistryCredentials?>(new(login, "secret")));

        var failure = await Should.ThrowAsync<StapesException>(tokens.AnswerAsync(ChallengeOf(server), Elsewhere, "repository:app:pull", Cancellation));

        failure.Kind.ShouldBe(ErrorKind.Forbidden);
        server.Requests.ShouldNotContain("POST /token");
        if (login is "me")
            (await tokens.AnswerAsync(ChallengeOf(server), server.Url, "repository:app:pull", Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_we_are_is_asked_again_when_nobody_could_say_it()
    {
        await using var server = await TestRegistry.StartAsync();
        server.Account = ("me", "secret");
        using var http = new HttpClient();
        var asked = 0;
        var tokens = new RegistryTokens(http, _ => ++asked == 1
            ? Task.FromException<RegistryCredentials?>(new StapesException(ErrorKind.Unavailable, "The helper failed"))
            : Task.FromResult<RegistryCredentials?>(new("me", "secret")));

        await Should.ThrowAsync<StapesException>(tokens.AnswerAsync(ChallengeOf(server), server.Url, "repository:app:pull", Cancellation));
        for (var i = 0; i < 2; i++)
            (await tokens.AnswerAsync(ChallengeOf(server), server.Url, "repository:app:pull", Cancellation)).ShouldNotBeNull();
        asked.ShouldBe(2);
    }

    private static AuthenticationHeaderValue[] ChallengeOf(TestRegistry server) => [new("Bearer", $"realm=\"{server.Url}token\",service=\"test, registry\"")];
}
