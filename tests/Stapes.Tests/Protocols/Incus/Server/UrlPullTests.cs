using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class UrlPullTests : IncusServerTest
{
    private readonly byte[] bytes = SampleImage.Unified();
    private readonly Dictionary<string, string> asked = new(StringComparer.Ordinal);
    private WebApplication web = null!;
    private string? hash;
    private string? url;

    private protected override IncusApiOptions Configure(IncusApiOptions options) =>
        options with { Outside = new(static _ => static _ => throw new InvalidOperationException(), AddressGuard.PublicOnly) };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        web = builder.Build();
        web.Run(AnswerAsync);
        await web.StartAsync(Cancellation);
        hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        url = web.Urls.Single() + "/files/image.tar.gz";
    }

    public override async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_web_server_names_the_image_and_the_server_fetches_it()
    {
        var operation = await PullAsync();
        ((string?)operation["err"]).ShouldBe("");
        ((string?)operation["metadata"]!["fingerprint"]).ShouldBe(hash);
        var image = await GetAsync(Trusted, $"/1.0/images/{hash}");
        ((string?)image["properties"]!["note"]).ShouldBe("mine");
        ((string?)image["properties"]!["os"]).ShouldBe("Test");
        ((string?)image["aliases"]![0]!["name"]).ShouldBe("from-url");
        asked["Incus-Server-Version"].ShouldBe("1.2.3");
        asked["Incus-Server-Architectures"].ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_file_with_another_hash_does_not_come_in()
    {
        hash = new string('1', 64);
        ((string?)(await PullAsync())["status"]).ShouldBe("Failure");
        (await CountAsync()).ShouldBe(0);
        Files("tmp").ShouldBe(0);
    }

    [Fact]
    public async Task A_page_that_names_no_image_is_no_source()
    {
        hash = null;
        ((string?)(await PullAsync())["err"])!.ShouldContain("Missing Incus-Image-Hash header");
        hash = "abc";
        ((string?)(await PullAsync())["err"])!.ShouldContain("no SHA-256");
        (hash, url) = (new('1', 64), null);
        ((string?)(await PullAsync())["err"])!.ShouldContain("Missing Incus-Image-URL header");
        url = "file:///etc/passwd";
        ((string?)(await PullAsync())["err"])!.ShouldContain("no URL of an image");
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (HttpMethods.IsHead(http.Request.Method))
        {
            foreach (var (name, value) in http.Request.Headers)
                asked[name] = value.ToString();
            if (hash is not null)
                http.Response.Headers["Incus-Image-Hash"] = hash;
            if (url is not null)
                http.Response.Headers["Incus-Image-URL"] = url;
            return;
        }

        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private Task<JsonNode> PullAsync() => RunAsync("POST", "/1.0/images", $$"""
        {"properties":{"note":"mine"},"aliases":[{"name":"from-url"}],"source":{"type":"url","mode":"pull","protocol":"direct","url":"{{web.Urls.Single()}}/latest"} }
        """);
}
