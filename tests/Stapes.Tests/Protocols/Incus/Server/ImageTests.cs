using System.Net;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Incus.Server;

public class ImageTests : IncusServerTest
{
    [Fact]
    public async Task An_image_shows_what_it_is()
    {
        var fingerprint = await AddAsync("7", isPublic: true, aliases: ["b", "a"]);
        var image = await GetAsync(Stranger, $"/1.0/images/{fingerprint}");
        ((string?)image["fingerprint"]).ShouldBe(fingerprint);
        ((string?)image["type"]).ShouldBe("container");
        ((string?)image["architecture"]).ShouldBe("x86_64");
        ((string?)image["properties"]!["release"]).ShouldBe("7");
        ((string?)image["created_at"]).ShouldBe("2023-11-14T22:13:20Z");
        ((string?)image["expires_at"]).ShouldBe("0001-01-01T00:00:00Z");
        ((string?)image["project"]).ShouldBe("default");
        image["aliases"]!.AsArray().Select(static a => (string?)a!["name"]).ShouldBe(["a", "b"]);
        image["update_source"].ShouldBeNull();
    }

    [Fact]
    public async Task The_beginning_of_a_fingerprint_is_enough_in_either_case()
    {
        var fingerprint = await AddAsync(isPublic: true);
        ((string?)(await GetAsync(Stranger, $"/1.0/images/{fingerprint[..6].ToUpperInvariant()}"))["fingerprint"]).ShouldBe(fingerprint);
    }

    [Theory]
    [InlineData("zz")]
    [InlineData("%25")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("_")]
    public async Task What_is_no_fingerprint_is_not_found(string name)
    {
        await AddAsync(isPublic: true);
        (await StatusAsync(Trusted, "GET", $"/1.0/images/{name}")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(Trusted, "GET", $"/1.0/images/{name}/export")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_list_holds_urls_or_whole_records()
    {
        var fingerprint = await AddAsync(isPublic: true);
        (await GetAsync(Trusted, "/1.0/images")).AsArray().Select(static n => (string?)n).ShouldBe([$"/1.0/images/{fingerprint}"]);
        var one = await GetAsync(Trusted, $"/1.0/images/{fingerprint}");
        (await GetAsync(Trusted, "/1.0/images?recursion=1"))[0]!.ToJsonString().ShouldBe(one.ToJsonString());
    }

    [Fact]
    public async Task A_list_changes_as_soon_as_a_write_has_answered()
    {
        await GetAsync(Stranger, "/1.0/images?recursion=1");
        for (var i = 0; i < 5; i++)
        {
            var fingerprint = await AddAsync($"{i}", isPublic: true);
            (await GetAsync(Stranger, "/1.0/images?recursion=1")).AsArray().Count.ShouldBe(i + 1);
            (await StatusAsync(Trusted, "PATCH", $"/1.0/images/{fingerprint}", """{"properties":{"new":"x"}}""")).ShouldBe(HttpStatusCode.OK);
            (await GetAsync(Stranger, "/1.0/images?recursion=1")).AsArray()
                .Single(n => (string?)n!["fingerprint"] == fingerprint)!["properties"]!["new"].ShouldNotBeNull();
        }
    }

    [Theory]
    [InlineData("public eq true", 1)]
    [InlineData("properties.release eq 2", 1)]
    [InlineData("properties.release eq 1,2", 2)]
    [InlineData("", 2)]
    public async Task A_list_can_be_filtered(string filter, int count)
    {
        await AddAsync("1", isPublic: true);
        await AddAsync("2");
        (await GetAsync(Trusted, $"/1.0/images?recursion=1&filter={Uri.EscapeDataString(filter)}")).AsArray().Count.ShouldBe(count);
        (await GetAsync(Trusted, $"/1.0/images?filter={Uri.EscapeDataString(filter)}")).AsArray().Count.ShouldBe(count);
    }

    [Fact]
    public async Task A_filter_that_cannot_be_understood_is_an_error_that_says_why()
    {
        var (status, body) = await SendAsync(Stranger, "GET", "/1.0/images?filter=public%20is%20true");
        status.ShouldBe(HttpStatusCode.BadRequest);
        ((string?)body["error"])!.ShouldContain("\"is\"");
    }

    [Fact]
    public async Task Putting_replaces_the_editable_fields()
    {
        var fingerprint = await AddAsync();
        var (status, _) = await SendAsync(Trusted, "PUT", $"/1.0/images/{fingerprint[..8]}", """
            {"auto_update":true,"public":true,"properties":{"os":"Other"},"expires_at":"2031-02-03T04:05:06.123456789Z","profiles":["p"]}
            """);
        status.ShouldBe(HttpStatusCode.OK);
        var image = await GetAsync(Trusted, $"/1.0/images/{fingerprint}");
        ((bool?)image["auto_update"]).ShouldBe(true);
        ((bool?)image["public"]).ShouldBe(true);
        image["properties"]!.ToJsonString().ShouldBe("""{"os":"Other"}""");
        ((string?)image["expires_at"])!.ShouldStartWith("2031-02-03T04:05:06");
        image["profiles"]!.AsArray().Select(static n => (string?)n).ShouldBe(["p"]);
    }

    [Fact]
    public async Task An_expiry_is_kept_by_the_zero_time_and_taken_away_by_1970()
    {
        var fingerprint = await AddAsync();
        await PutAsync("2031-02-03T04:05:06Z");
        await PutAsync("0001-01-01T00:00:00Z");
        (await ExpiryAsync()).ShouldBe("2031-02-03T04:05:06Z");
        await PutAsync("1970-01-01T00:00:00Z");
        (await ExpiryAsync()).ShouldBe("0001-01-01T00:00:00Z");

        async Task PutAsync(string time) =>
            (await StatusAsync(Trusted, "PUT", $"/1.0/images/{fingerprint}", $$"""{"expires_at":"{{time}}"}""")).ShouldBe(HttpStatusCode.OK);

        async Task<string?> ExpiryAsync() => (string?)(await GetAsync(Trusted, $"/1.0/images/{fingerprint}"))["expires_at"];
    }

    [Fact]
    public async Task Patching_changes_only_what_it_names()
    {
        var fingerprint = await AddAsync();
        (await StatusAsync(Trusted, "PATCH", $"/1.0/images/{fingerprint}", """{"properties":{"extra":"1"}}""")).ShouldBe(HttpStatusCode.OK);
        var image = await GetAsync(Trusted, $"/1.0/images/{fingerprint}");
        ((string?)image["properties"]!["os"]).ShouldBe("Test");
        ((string?)image["properties"]!["extra"]).ShouldBe("1");
        ((bool?)image["public"]).ShouldBe(false);
        image["profiles"]!.AsArray().Select(static n => (string?)n).ShouldBe(["default"]);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task An_empty_property_in_a_change_deletes_it(string method)
    {
        var fingerprint = await AddAsync();
        (await StatusAsync(Trusted, method, $"/1.0/images/{fingerprint}", """{"properties":{"os":"","extra":"1"}}""")).ShouldBe(HttpStatusCode.OK);
        var properties = (await GetAsync(Trusted, $"/1.0/images/{fingerprint}"))["properties"]!.AsObject();
        properties.ContainsKey("os").ShouldBeFalse();
        ((string?)properties["extra"]).ShouldBe("1");
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task A_change_on_the_condition_of_an_old_tag_is_refused(string method)
    {
        var fingerprint = await AddAsync();
        using var response = await Trusted.GetAsync(new Uri($"/1.0/images/{fingerprint}", UriKind.Relative), Cancellation);
        var tag = response.Headers.ETag!.Tag;
        (await SendAsync(Trusted, method, $"/1.0/images/{fingerprint}", """{"public":true}""", ("If-Match", tag))).Status.ShouldBe(HttpStatusCode.OK);
        var (status, body) = await SendAsync(Trusted, method, $"/1.0/images/{fingerprint}", """{"public":false}""", ("If-Match", tag));
        status.ShouldBe(HttpStatusCode.PreconditionFailed);
        ((string?)body["error"])!.ShouldContain("ETag doesn't match");
        ((bool?)(await GetAsync(Trusted, $"/1.0/images/{fingerprint}"))["public"]).ShouldBe(true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"public\":\"maybe\"}")]
    [InlineData("{\"public\":true")]
    public async Task What_is_no_json_changes_nothing(string body)
    {
        var fingerprint = await AddAsync();
        (await StatusAsync(Trusted, "PUT", $"/1.0/images/{fingerprint}", body)).ShouldBe(HttpStatusCode.BadRequest);
        ((bool?)(await GetAsync(Trusted, $"/1.0/images/{fingerprint}"))["public"]).ShouldBe(false);
    }

    [Fact]
    public async Task A_request_of_more_than_a_mebibyte_of_json_is_refused()
    {
        var fingerprint = await AddAsync();
        var large = new JsonObject { ["properties"] = new JsonObject { ["x"] = new string('x', 2 << 20) } };
        (await StatusAsync(Trusted, "PUT", $"/1.0/images/{fingerprint}", large.ToJsonString())).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Deleting_ends_in_an_operation_that_names_the_image()
    {
        var fingerprint = await AddAsync(aliases: "name");
        var operation = await RunAsync("DELETE", $"/1.0/images/{fingerprint}");
        ((int?)operation["status_code"]).ShouldBe(200);
        ((string?)operation["resources"]!["images"]![0]).ShouldBe($"/1.0/images/{fingerprint}");
        (await CountAsync()).ShouldBe(0);
        (await StatusAsync(Trusted, "GET", "/1.0/images/aliases/name")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Refreshing_an_image_that_follows_nothing_finds_it_up_to_date()
    {
        var operation = await RunAsync("POST", $"/1.0/images/{await AddAsync()}/refresh");
        ((int?)operation["status_code"]).ShouldBe(200);
        ((bool?)operation["metadata"]!["refreshed"]).ShouldBe(false);
    }
}
