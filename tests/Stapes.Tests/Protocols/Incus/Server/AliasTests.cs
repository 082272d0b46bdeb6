using System.Net;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Incus.Server;

public class AliasTests : IncusServerTest
{
    private const string ArmAgent = "Incus 7.0.2 (Linux; aarch64; 6.18; Debian GNU/Linux; 13)";

    [Fact]
    public async Task An_alias_is_made_renamed_and_deleted()
    {
        var fingerprint = await AddAsync();
        var (status, _) = await SendAsync(Trusted, "POST", "/1.0/images/aliases", Alias("one", fingerprint[..10], "words"));
        status.ShouldBe(HttpStatusCode.Created);
        var alias = await GetAsync(Trusted, "/1.0/images/aliases/one");
        alias.ToJsonString().ShouldBe($$"""{"description":"words","target":"{{fingerprint}}","name":"one","type":"container"}""");

        (await StatusAsync(Trusted, "POST", "/1.0/images/aliases/one", """{"name":"two"}""")).ShouldBe(HttpStatusCode.Created);
        (await StatusAsync(Trusted, "GET", "/1.0/images/aliases/one")).ShouldBe(HttpStatusCode.NotFound);
        ((string?)(await GetAsync(Trusted, "/1.0/images/aliases/two"))["description"]).ShouldBe("words");

        (await StatusAsync(Trusted, "DELETE", "/1.0/images/aliases/two")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(Trusted, "/1.0/images/aliases")).AsArray().ShouldBeEmpty();
        (await CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("alpine/edge", "alpine%2Fedge")]
    [InlineData("alpine/edge", "alpine/edge")]
    [InlineData("a:b", "a:b")]
    [InlineData("per%2Fcent", "per%252Fcent")]
    [InlineData("ünï", "%C3%BCn%C3%AF")]
    [InlineData("export", "export")]
    [InlineData("a/aliases/b", "a%2Faliases%2Fb")]
    public async Task The_name_in_the_path_is_decoded_once(string name, string encoded)
    {
        await AddAsync(isPublic: true, aliases: name);
        ((string?)(await GetAsync(Stranger, $"/1.0/images/aliases/{encoded}"))["name"]).ShouldBe(name);
    }

    [Fact]
    public async Task The_urls_in_a_list_lead_to_the_aliases()
    {
        await AddAsync(isPublic: true, aliases: ["a/b", "c d", "e"]);
        var urls = (await GetAsync(Stranger, "/1.0/images/aliases")).AsArray().Select(static n => (string)n!).ToList();
        urls.ShouldBe(["/1.0/images/aliases/a%2Fb", "/1.0/images/aliases/c%20d", "/1.0/images/aliases/e"]);
        var names = new List<string?>();
        foreach (var url in urls)
            names.Add((string?)(await GetAsync(Stranger, url))["name"]);
        names.ShouldBe(["a/b", "c d", "e"]);
    }

    [Fact]
    public async Task An_alias_leads_each_caller_to_his_own_architecture()
    {
        var arm = await AddAsync("1", isPublic: true, architecture: "aarch64", aliases: "both");
        var intel = await AddAsync("2", isPublic: true, architecture: "x86_64", aliases: "both");
        (await TargetAsync(IncusAgent)).ShouldBe(intel);
        (await TargetAsync(ArmAgent)).ShouldBe(arm);
        (await TargetAsync("LXD 5.0.2 (Linux; aarch64; 6.1; Debian GNU/Linux; 13)")).ShouldBe(arm);
        (await GetAsync(Trusted, "/1.0/images/aliases?recursion=1")).AsArray().Count.ShouldBe(1);

        async Task<string?> TargetAsync(string agent)
        {
            var (_, body) = await SendAsync(Stranger, "GET", "/1.0/images/aliases/both", headers: ("User-Agent", agent));
            var (_, list) = await SendAsync(Stranger, "GET", "/1.0/images/aliases?recursion=1", headers: ("User-Agent", agent));
            list["metadata"]![0]!.ToJsonString().ShouldBe(body["metadata"]!.ToJsonString());
            return (string?)body["metadata"]!["target"];
        }
    }

    [Fact]
    public async Task A_caller_without_an_image_of_his_own_architecture_gets_another()
    {
        var arm = await AddAsync(isPublic: true, architecture: "aarch64", aliases: "name");
        ((string?)(await GetAsync(Stranger, "/1.0/images/aliases/name"))["target"]).ShouldBe(arm);
    }

    [Fact]
    public async Task A_container_comes_before_a_virtual_machine()
    {
        await AddAsync("1", isPublic: true, isDisk: true, aliases: "both");
        var container = await AddAsync("2", isPublic: true, aliases: "both");
        ((string?)(await GetAsync(Stranger, "/1.0/images/aliases/both"))["target"]).ShouldBe(container);
    }

    [Fact]
    public async Task A_private_target_does_not_hide_a_public_one()
    {
        await AddAsync("1", isPublic: false, architecture: "x86_64", aliases: "both");
        var arm = await AddAsync("2", isPublic: true, architecture: "aarch64", aliases: "both");
        ((string?)(await GetAsync(Stranger, "/1.0/images/aliases/both"))["target"]).ShouldBe(arm);
    }

    [Fact]
    public async Task Putting_leads_an_alias_elsewhere_and_patching_changes_what_it_names()
    {
        await AddAsync("1", aliases: "name");
        var second = await AddAsync("2");
        (await StatusAsync(Trusted, "PUT", "/1.0/images/aliases/name", Alias("", second, "new"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(Trusted, "PATCH", "/1.0/images/aliases/name", """{"description":"newer"}""")).ShouldBe(HttpStatusCode.OK);
        var alias = await GetAsync(Trusted, "/1.0/images/aliases/name");
        ((string?)alias["target"]).ShouldBe(second);
        ((string?)alias["description"]).ShouldBe("newer");
    }

    [Fact]
    public async Task A_new_target_takes_the_place_of_the_one_of_its_architecture()
    {
        await AddAsync("1", architecture: "aarch64", aliases: "both");
        var intel = await AddAsync("2", aliases: "both");
        var newArm = await AddAsync("3", architecture: "aarch64");
        (await StatusAsync(Trusted, "PUT", "/1.0/images/aliases/both", Alias("", newArm))).ShouldBe(HttpStatusCode.OK);
        ((string?)(await GetAsync(Trusted, "/1.0/images/aliases/both"))["target"]).ShouldBe(intel);
        (await Library.GetSnapshotAsync(Cancellation)).FindAlias("default", "both")!.Targets
            .Select(static t => t.Fingerprint.Hex).ShouldBe([intel, newArm], ignoreOrder: true);
    }

    [Fact]
    public async Task A_single_target_of_another_architecture_replaces_the_old_one()
    {
        await AddAsync("1", aliases: "name");
        var arm = await AddAsync("2", architecture: "aarch64");
        (await StatusAsync(Trusted, "PUT", "/1.0/images/aliases/name", Alias("", arm))).ShouldBe(HttpStatusCode.OK);
        ((string?)(await GetAsync(Trusted, "/1.0/images/aliases/name"))["target"]).ShouldBe(arm);
    }

    [Fact]
    public async Task A_change_on_the_condition_of_an_old_tag_is_refused()
    {
        var fingerprint = await AddAsync(aliases: "name");
        using var response = await Trusted.GetAsync(new Uri("/1.0/images/aliases/name", UriKind.Relative), Cancellation);
        var tag = response.Headers.ETag!.Tag;
        (await PutAsync("one")).ShouldBe(HttpStatusCode.OK);
        (await PutAsync("two")).ShouldBe(HttpStatusCode.PreconditionFailed);

        async Task<HttpStatusCode> PutAsync(string description) => (await SendAsync(
            Trusted, "PUT", "/1.0/images/aliases/name", Alias("", fingerprint, description), ("If-Match", tag))).Status;
    }

    [Fact]
    public async Task An_alias_of_the_same_architecture_and_type_is_made_once()
    {
        await AddAsync("1", aliases: "name");
        var second = await AddAsync("2");
        (await StatusAsync(Trusted, "POST", "/1.0/images/aliases", Alias("name", second))).ShouldBe(HttpStatusCode.Conflict);
        await AddAsync("3", architecture: "aarch64", aliases: "other");
        (await StatusAsync(Trusted, "POST", "/1.0/images/aliases/name", """{"name":"other"}""")).ShouldBe(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("", "FP", 400)]
    [InlineData("ok", "", 400)]
    [InlineData("with space", "FP", 400)]
    [InlineData("what?", "FP", 400)]
    [InlineData("a\u0000b", "FP", 400)]
    [InlineData("/slash", "FP", 400)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", "FP", 400)]
    [InlineData("ok", "0000", 404)]
    [InlineData("fine/name.1-x_y:z", "FP", 201)]
    public async Task Only_sensible_names_lead_to_images_that_are_there(string name, string target, int status)
    {
        var fingerprint = await AddAsync();
        ((int)await StatusAsync(Trusted, "POST", "/1.0/images/aliases", Alias(name, target.Replace("FP", fingerprint)))).ShouldBe(status);
    }

    [Theory]
    [InlineData("PUT", """{"target":"FP"}""")]
    [InlineData("PATCH", "{}")]
    [InlineData("POST", """{"name":"other"}""")]
    [InlineData("DELETE", null)]
    public async Task An_alias_that_is_not_there_is_not_found(string method, string? body)
    {
        var fingerprint = await AddAsync();
        (await StatusAsync(Trusted, method, "/1.0/images/aliases/none", body?.Replace("FP", fingerprint))).ShouldBe(HttpStatusCode.NotFound);
    }

    private static string Alias(string name, string target, string description = "") =>
        new JsonObject { ["name"] = name, ["target"] = target, ["description"] = description }.ToJsonString();
}
