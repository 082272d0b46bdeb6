using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class SecretTests : IncusServerTest
{
    [Fact]
    public async Task A_secret_lets_a_stranger_look_at_a_private_image_and_fetch_it()
    {
        var fingerprint = await AddAsync();
        var token = (await SendAsync(Trusted, "POST", $"/1.0/images/{fingerprint}/secret")).Body["metadata"]!;
        ((string?)token["class"]).ShouldBe("token");
        ((string?)token["resources"]!["images"]![0]).ShouldBe($"/1.0/images/{fingerprint}");
        var secret = (string)token["metadata"]!["secret"]!;
        (await GetAsync(Stranger, $"/1.0/images/{fingerprint}?secret={secret}"))["fingerprint"]!.GetValue<string>().ShouldBe(fingerprint);
        var bytes = await Stranger.GetByteArrayAsync(new Uri($"/1.0/images/{fingerprint}/export?secret={secret}", UriKind.Relative), Cancellation);
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(fingerprint);
        ((string?)(await GetAsync(Trusted, $"/1.0/operations/{token["id"]}"))["status"]).ShouldBe("Cancelled");
    }

    [Fact]
    public async Task A_secret_is_good_for_its_image_only()
    {
        var one = await AddAsync("1");
        var two = await AddAsync("2");
        var token = (await SendAsync(Trusted, "POST", $"/1.0/images/{one}/secret")).Body["metadata"]!;
        var secret = (string)token["metadata"]!["secret"]!;
        (await StatusAsync(Stranger, "GET", $"/1.0/images/{two}?secret={secret}")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(Stranger, "GET", $"/1.0/images/{one}?secret={secret[1..]}")).ShouldBe(HttpStatusCode.NotFound);
        ((string?)(await GetAsync(Trusted, $"/1.0/operations/{token["id"]}"))["status"]).ShouldBe("Running");
    }

    [Fact]
    public async Task A_stranger_sends_an_image_that_was_asked_for_and_waits_for_it()
    {
        var bytes = SampleImage.Unified();
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var secret = await ExpectAsync(fingerprint);

        var (status, started) = await SendImageAsync(bytes, fingerprint, secret);
        status.ShouldBe(HttpStatusCode.Accepted);
        var waitSecret = (string)started["metadata"]!["metadata"]!["secret"]!;
        (await StatusAsync(Stranger, "GET", $"{started["operation"]}/wait")).ShouldBe(HttpStatusCode.Forbidden);
        (await StatusAsync(Stranger, "GET", $"{started["operation"]}/wait?secret=guess")).ShouldBe(HttpStatusCode.Forbidden);
        ((string?)(await GetAsync(Stranger, $"{started["operation"]}/wait?secret={waitSecret}"))["status"]).ShouldBe("Success");

        var image = await GetAsync(Stranger, $"/1.0/images/{fingerprint}");
        ((string?)image["properties"]!["os"]).ShouldBe("Pushed");
        ((string?)image["expires_at"]).ShouldBe("2031-01-01T00:00:00Z");
        ((string?)image["aliases"]![0]!["name"]).ShouldBe("pushed");
    }

    [Fact]
    public async Task A_stranger_can_send_no_other_image_than_the_one_that_was_asked_for()
    {
        var fingerprint = new string('1', 64);
        var secret = await ExpectAsync(fingerprint);
        var (status, started) = await SendImageAsync(SampleImage.Unified(), fingerprint, secret);
        status.ShouldBe(HttpStatusCode.Accepted);
        ((string?)(await WaitAsync(started))["status"]).ShouldBe("Failure");
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Without_the_right_secret_a_stranger_sends_nothing()
    {
        var bytes = SampleImage.Unified();
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes));
        await ExpectAsync(fingerprint);
        (await SendImageAsync(bytes, fingerprint, "guess")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SendImageAsync(bytes, fingerprint, "")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_secret_to_read_an_image_is_none_to_send_one()
    {
        var fingerprint = await AddAsync();
        var secret = (string)(await SendAsync(Trusted, "POST", $"/1.0/images/{fingerprint}/secret")).Body["metadata"]!["metadata"]!["secret"]!;
        (await SendImageAsync(SampleImage.Unified(), fingerprint, secret)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    private async Task<string> ExpectAsync(string fingerprint)
    {
        var (status, token) = await SendAsync(Trusted, "POST", "/1.0/images", $$"""
            {"public":true,"properties":{"os":"Pushed"},"expires_at":"2031-01-01T00:00:00Z","aliases":[{"name":"pushed","description":""}],
             "source":{"mode":"push","fingerprint":"{{fingerprint}}"} }
            """);
        status.ShouldBe(HttpStatusCode.Accepted);
        return (string)token["metadata"]!["metadata"]!["secret"]!;
    }

    private async Task<(HttpStatusCode Status, JsonNode Body)> SendImageAsync(byte[] bytes, string fingerprint, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("X-Incus-fingerprint", fingerprint);
        request.Headers.Add("X-Incus-secret", secret);
        using var response = await Stranger.SendAsync(request, Cancellation);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!);
    }
}
