using System.Net;
using System.Security.Cryptography;
using Stapes.Protocols.Incus.Server;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

/// <summary>Secrets of images that nobody uses in time.</summary>
public class ExpiredSecretTests : IncusServerTest
{
    [Fact]
    public async Task A_secret_that_nobody_uses_ends_by_itself()
    {
        var fingerprint = await AddAsync();
        var token = (await SendAsync(Trusted, "POST", $"/1.0/images/{fingerprint}/secret")).Body["metadata"]!;
        // Not there any more, or over at once.
        await SendAsync(Trusted, "GET", $"/1.0/operations/{token["id"]}/wait");
        (await StatusAsync(Stranger, "GET", $"/1.0/images/{fingerprint}?secret={token["metadata"]!["secret"]}")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(Trusted, "GET", $"/1.0/operations/{token["id"]}")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_secret_to_send_an_image_with_does_so_too()
    {
        var bytes = SampleImage.Unified();
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var token = (await SendAsync(Trusted, "POST", "/1.0/images", $$"""{"source":{"mode":"push","fingerprint":"{{fingerprint}}"} }""")).Body["metadata"]!;
        await SendAsync(Trusted, "GET", $"/1.0/operations/{token["id"]}/wait");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("X-Incus-fingerprint", fingerprint);
        request.Headers.Add("X-Incus-secret", (string)token["metadata"]!["secret"]!);
        using var response = await Stranger.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await CountAsync()).ShouldBe(0);
    }

    private protected override IncusApiOptions Configure(IncusApiOptions options) => options with { ImageSecretLife = TimeSpan.FromMilliseconds(50) };
}
