using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Tests.Library;

namespace Stapes.Tests.Access;

public sealed class AccessControlTests : LibraryTest
{
    [Fact]
    public async Task A_token_is_known_until_it_expires_or_is_removed()
    {
        await using var data = await OpenDataAsync();
        var access = data.Access;
        var (identity, secret) = await access.AddTokenAsync(new("ci", Role.Viewer, null, Time.GetUtcNow().AddHours(1)), Cancellation);
        secret.ShouldStartWith(Secret.TokenPrefix);
        access.FindToken(secret).ShouldNotBeNull().Role.ShouldBe(Role.Viewer);
        access.FindToken(secret[..^1]).ShouldBeNull();
        access.FindToken("").ShouldBeNull();
        access.FindCertificate(identity.Id).ShouldBeNull("it is the hash of a token");

        Time.Now += TimeSpan.FromHours(1);
        access.FindToken(secret).ShouldBeNull("it has expired");
        var (lasting, other) = await access.AddTokenAsync(new("other", Role.Viewer), Cancellation);
        await access.RemoveAsync(lasting.Key, Cancellation);
        access.FindToken(other).ShouldBeNull("it was removed");
    }

    [Fact]
    public async Task A_restricted_identity_sees_and_writes_its_projects_only()
    {
        await using var data = await OpenDataAsync();
        await data.Access.ChangeProjectsAsync(ProjectChanges.Create(new("shop", "")), Cancellation);
        var (_, secret) = await data.Access.AddTokenAsync(new("ci", Role.Admin, ["shop"]), Cancellation);
        var caller = data.Access.FindToken(secret)!;
        (caller.IsAdmin, caller.MayWrite("shop"), caller.MayWrite("default"), caller.MaySeePrivate("default")).ShouldBe((false, true, false, false));
        caller.Audience.ShouldBe(Audience.Of(["shop"]));
    }

    [Fact]
    public async Task A_trust_token_makes_one_identity()
    {
        await using var data = await OpenDataAsync();
        await data.Access.AddTrustTokenAsync(Token("s"), Cancellation);
        await data.Access.RedeemAsync("s", t => Certificate("a") with { Name = t.Name }, Cancellation);
        data.Access.FindCertificate("a").ShouldNotBeNull().Name.ShouldBe("laptop");
        (await FailsAsync(() => data.Access.RedeemAsync("s", static _ => Certificate("b"), Cancellation))).ShouldBe(ErrorKind.Forbidden);
        data.Access.FindCertificate("b").ShouldBeNull();
    }

    [Fact]
    public async Task Of_many_who_use_a_trust_token_at_once_one_gets_in()
    {
        await using var data = await OpenDataAsync();
        await data.Access.AddTrustTokenAsync(Token("s"), Cancellation);
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                await data.Access.RedeemAsync("s", _ => Certificate($"{i}"), Cancellation);
                return true;
            }
            catch (StapesException)
            {
                return false;
            }
        }));
        results.Count(static r => r).ShouldBe(1);
        data.Access.State.Identities.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_expired_trust_token_is_worth_nothing_and_a_failed_use_keeps_it()
    {
        await using var data = await OpenDataAsync();
        await data.Access.AddAsync(Certificate("a"), Cancellation);
        await data.Access.AddTrustTokenAsync(Token("s") with { ExpiresAt = Time.GetUtcNow().AddHours(1) }, Cancellation);
        (await FailsAsync(() => data.Access.RedeemAsync("s", static _ => Certificate("a"), Cancellation))).ShouldBe(ErrorKind.Conflict);
        Time.Now += TimeSpan.FromHours(1);
        (await FailsAsync(() => data.Access.RedeemAsync("s", static _ => Certificate("b"), Cancellation))).ShouldBe(ErrorKind.Forbidden);
    }

    [Fact]
    public async Task A_deleted_project_is_taken_from_those_who_had_it()
    {
        await using var data = await OpenDataAsync();
        var access = data.Access;
        await access.ChangeProjectsAsync(ProjectChanges.Create(new("shop", "")), Cancellation);
        (await FailsAsync(() => access.ChangeProjectsAsync(ProjectChanges.Create(new("shop", "")), Cancellation))).ShouldBe(ErrorKind.Conflict);
        var (_, secret) = await access.AddTokenAsync(new("ci", Role.Publisher, ["shop"]), Cancellation);
        await access.ChangeProjectsAsync(ProjectChanges.Delete("shop"), Cancellation);
        await access.ChangeProjectsAsync(ProjectChanges.Create(new("shop", "another one")), Cancellation);
        access.FindToken(secret)!.MayWrite("shop").ShouldBeFalse();
        (await FailsAsync(() => access.ChangeProjectsAsync(ProjectChanges.Delete("default"), Cancellation))).ShouldBe(ErrorKind.Forbidden);
        (await FailsAsync(() => access.ChangeProjectsAsync(ProjectChanges.Delete("none"), Cancellation))).ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public async Task A_name_is_for_one_token_and_projects_must_exist()
    {
        await using var data = await OpenDataAsync();
        await data.Access.AddTokenAsync(new("ci", Role.Viewer), Cancellation);
        (await FailsAsync(() => data.Access.AddTokenAsync(new("ci", Role.Viewer), Cancellation))).ShouldBe(ErrorKind.Conflict);
        (await FailsAsync(() => data.Access.AddTokenAsync(new("x", Role.Viewer, ["none"]), Cancellation))).ShouldBe(ErrorKind.NotFound);
    }

    private Task<ServerData> OpenDataAsync() => DataDirectory.OpenAsync(directory["data"], new() { Time = Time }, Cancellation);

    private static TrustToken Token(string secret) => new()
    {
        Hash = Secret.Hash(secret),
        Id = Guid.NewGuid(),
        Name = "laptop",
        Role = Role.Admin,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private static Identity Certificate(string fingerprint) => new()
    {
        Kind = IdentityKind.Certificate,
        Id = fingerprint,
        Name = fingerprint,
        Role = Role.Admin,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
