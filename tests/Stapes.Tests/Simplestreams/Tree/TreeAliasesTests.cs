using Stapes.Core;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Tests.Simplestreams.Tree;

public sealed class TreeAliasesTests : IDisposable
{
    private const string A = "A:1:default:amd64";
    private const string B = "B:1:default:amd64";

    private readonly SampleTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task An_alias_is_added_by_product_and_by_fingerprint_and_removed_again()
    {
        await AddTwoAsync();
        var fingerprint = (await tree.ListAsync()).Single(static i => i.Product.Name == B).Fingerprint;
        await tree.ChangeAsync(static t => TreeAliases.Add(t, "one", A));
        await tree.ChangeAsync(t => TreeAliases.Add(t, "two", fingerprint[..12]));
        (Aliases(A), Aliases(B)).ShouldBe(("A/1/default,one", "B/1/default,two"));
        await tree.ChangeAsync(static t => TreeAliases.Remove(t, "one", target: null));
        Aliases(A).ShouldBe("A/1/default");
    }

    [Fact]
    public async Task A_renamed_alias_keeps_its_place()
    {
        await AddTwoAsync();
        await tree.ChangeAsync(static t => TreeAliases.Add(t, "one", A));
        await tree.ChangeAsync(static t => TreeAliases.Rename(t, "A/1/default", "first"));
        Aliases(A).ShouldBe("first,one");
    }

    [Fact]
    public async Task What_cannot_be_done_changes_nothing()
    {
        await AddTwoAsync();
        var before = tree.Snapshot();
        foreach (var change in (Action<TreeTransaction>[])
        [
            static t => TreeAliases.Add(t, "B/1/default", A),
            static t => TreeAliases.Add(t, "A/1/default", A),
            static t => TreeAliases.Add(t, "a b", A),
            static t => TreeAliases.Add(t, "one", "none"),
            static t => TreeAliases.Add(t, "one", ""),
            static t => TreeAliases.Remove(t, "none", target: null),
            static t => TreeAliases.Remove(t, "A/1/default", B),
            static t => TreeAliases.Rename(t, "none", "one"),
            static t => TreeAliases.Rename(t, "A/1/default", "B/1/default"),
            static t => TreeAliases.Rename(t, "A/1/default", "a,b"),
        ])
        {
            await Should.ThrowAsync<StapesException>(() => tree.ChangeAsync(change));
        }

        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task No_target_is_not_the_only_product()
    {
        await tree.AddContainerAsync(os: "A");
        await Should.ThrowAsync<StapesException>(() => tree.ChangeAsync(static t => TreeAliases.Add(t, "one", "")));
    }

    [Fact]
    public async Task Aliases_are_changed_on_a_tree_with_clashes_too()
    {
        await AddTwoAsync();
        tree.Edit(static root => root["products"]![B]!["aliases"] = "A/1/default,b");
        await tree.ChangeAsync(static t => TreeAliases.Remove(t, "A/1/default", B));
        (Aliases(A), Aliases(B)).ShouldBe(("A/1/default", "b"));
    }

    private string Aliases(string product) => tree.Product(product)["aliases"]!.GetValue<string>();

    private async Task AddTwoAsync()
    {
        await tree.AddContainerAsync(os: "A");
        await tree.AddContainerAsync(os: "B");
    }
}
