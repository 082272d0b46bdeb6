using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Tests.Library;

namespace Stapes.Tests.Access;

/// <summary>What every <see cref="IAccessStore"/> must do.</summary>
public abstract class AccessStoreContract
{
    private protected static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The store, and the catalogue beside it; the same ones again when they were closed.</summary>
    private protected abstract (IAccessStore Store, ICatalog Catalog) Open();

    private protected static Identity Known(string name = "ci", IdentityKind kind = IdentityKind.Certificate) => new()
    {
        Kind = kind,
        Id = Secret.Hash(name),
        Name = name,
        Description = "ü '; DROP TABLE identities; --",
        Role = Role.Publisher,
        Restricted = true,
        Projects = ["b", "a"],
        Certificate = "PEM",
        CreatedAt = Now,
        ExpiresAt = Now.AddMilliseconds(7),
    };

    private protected static TrustToken Expected(string secret = "s") => new()
    {
        Hash = Secret.Hash(secret),
        Id = Guid.Parse("11111111-2222-3333-4444-555555555555"),
        Name = "laptop",
        Description = "of the shop",
        Role = Role.Admin,
        Restricted = true,
        Projects = ["a"],
        CreatedAt = Now,
    };

    [Fact]
    public async Task Everything_survives_a_restart()
    {
        var (store, catalog) = Open();
        await store.ChangeAsync(
            static (state, _) => state with
            {
                Identities = state.Identities.Add(Known().Key, Known()).Add(Known(kind: IdentityKind.Oidc).Key, Known(kind: IdentityKind.Oidc) with { ExpiresAt = null }),
                TrustTokens = state.TrustTokens.Add(Expected().Hash, Expected()),
                Projects = state.Projects.Add("a", new("a", "The first")),
            }, Cancellation);
        await catalog.DisposeAsync();

        (store, catalog) = Open();
        await using var _ = catalog;
        var again = await store.LoadAsync(Cancellation);
        IReadOnlyList<string> none = [];
        again.Identities.Count.ShouldBe(2);
        var (identity, token) = (again.Identities[Known().Key], again.TrustTokens.Values.ShouldHaveSingleItem());
        (identity with { Projects = none }).ShouldBe(Known() with { Projects = none });
        identity.Projects.ShouldBe(Known().Projects);
        (token with { Projects = none }).ShouldBe(Expected() with { Projects = none });
        token.Projects.ShouldBe(Expected().Projects);
        again.Projects["a"].ShouldBe(new("a", "The first"));
        again.Projects.ContainsKey("default").ShouldBeTrue();
    }

    [Fact]
    public async Task Changes_and_removals_are_kept_and_the_rest_stays()
    {
        var (store, catalog) = Open();
        await using var _ = catalog;
        await store.ChangeAsync(
            static (state, _) => state with
            {
                Identities = state.Identities.Add(Known("one").Key, Known("one")).Add(Known("two").Key, Known("two")).Add(Known("three").Key, Known("three")),
                TrustTokens = state.TrustTokens.Add(Expected().Hash, Expected()),
            }, Cancellation);

        await store.ChangeAsync(
            static (state, _) => state with
            {
                Identities = state.Identities.Remove(Known("one").Key).SetItem(Known("two").Key, Known("two") with { Role = Role.Viewer }),
                TrustTokens = state.TrustTokens.Clear(),
                Projects = state.Projects.SetItem("default", new("default", "Ours")),
            }, Cancellation);

        var state = await store.LoadAsync(Cancellation);
        state.Of(IdentityKind.Certificate).Select(static i => (i.Name, i.Role)).ShouldBe([("three", Role.Publisher), ("two", Role.Viewer)]);
        state.TrustTokens.ShouldBeEmpty();
        state.Projects["default"].Description.ShouldBe("Ours");
    }

    [Fact]
    public async Task A_change_that_throws_changes_nothing()
    {
        var (store, catalog) = Open();
        await using var _ = catalog;
        await Should.ThrowAsync<StapesException>(() => store.ChangeAsync(static (_, _) => throw new StapesException(ErrorKind.Conflict, "no"), Cancellation));
        (await store.LoadAsync(Cancellation)).Identities.ShouldBeEmpty();
        await store.ChangeAsync(static (state, _) => state with { Identities = state.Identities.Add(Known().Key, Known()) }, Cancellation);
        (await store.LoadAsync(Cancellation)).Identities.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Changes_side_by_side_all_happen()
    {
        var (store, catalog) = Open();
        await using var _ = catalog;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => store.ChangeAsync(
            (state, _) => state with { Identities = state.Identities.Add(Known($"{i}").Key, Known($"{i}")) }, Cancellation)));
        (await store.LoadAsync(Cancellation)).Identities.Count.ShouldBe(50);
    }

    [Fact]
    public async Task A_project_is_used_while_it_has_images()
    {
        var (store, catalog) = Open();
        await using var _ = catalog;
        var image = TestImages.Record(1) with { Project = "shop" };
        (await IsUsedAsync()).ShouldBeFalse();
        await CatalogContract.AddAsync(catalog, image);
        (await IsUsedAsync()).ShouldBeTrue();
        await catalog.DeleteImageAsync(image.Key, static _ => { }, Now, Cancellation);
        (await IsUsedAsync()).ShouldBeFalse();

        async Task<bool> IsUsedAsync()
        {
            var used = false;
            await store.ChangeAsync(
                (state, useOf) =>
                {
                    used = useOf("shop").HasImages;
                    return state;
                }, Cancellation);
            return used;
        }
    }
}
