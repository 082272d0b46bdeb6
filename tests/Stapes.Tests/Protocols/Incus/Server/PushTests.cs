using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Shared.Authentication;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Hosting;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Server;

public class PushTests : IncusServerTest
{
    private RunningServer target = null!;

    private protected override IncusApiOptions Configure(IncusApiOptions options) =>
        options with { Outside = new(static _ => static _ => throw new InvalidOperationException(), AddressGuard.PublicOnly) };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        target = await RunningServer.StartAsync(static routes =>
        {
            var library = routes.ServiceProvider.GetRequiredService<ImageLibrary>();
            routes.MapIncus(new()
            {
                Images = library,
                Library = library,
                Access = routes.ServiceProvider.GetRequiredService<AccessControl>(),
                Follow = routes.ServiceProvider.GetRequiredService<RequestAuthentication>().Follow,
                CanBeTrusted = static _ => true,
                Attempts = routes.ServiceProvider.GetRequiredService<FailedAttempts>(),
                Version = "1.2.3",
            });
        });
    }

    public override async ValueTask DisposeAsync()
    {
        await target.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("unified")]
    [InlineData("container")]
    [InlineData("virtual-machine")]
    public async Task An_image_is_sent_to_a_server_that_expects_it(string kind)
    {
        var fingerprint = await AddAsync(kind);
        ((string?)(await PushAsync(fingerprint, await ExpectAsync(fingerprint)))["err"]).ShouldBe("");
        var image = (await target.Server.Library.GetSnapshotAsync(Cancellation)).Images.ShouldHaveSingleItem();
        image.Fingerprint.Hex.ShouldBe(fingerprint);
        image.Type.ToString().ShouldBe(kind == "virtual-machine" ? "VirtualMachine" : "Container");
        image.FileName.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_server_that_expects_nothing_gets_nothing()
    {
        var fingerprint = await AddAsync("container");
        ((string?)(await PushAsync(fingerprint, "guess"))["err"]).ShouldBe("not authorized");
    }

    [Fact]
    public async Task A_server_with_another_certificate_gets_nothing()
    {
        var fingerprint = await AddAsync("container");
        using var other = TestCertificate.Create();
        var operation = await PushAsync(fingerprint, await ExpectAsync(fingerprint), other.ExportCertificatePem());
        ((string?)operation["err"])!.ShouldContain("certificate");
        (await target.Server.Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("unix:///run/x", "")]
    [InlineData("https://x.example", "no certificate")]
    public async Task A_target_that_makes_no_sense_is_refused(string url, string certificate)
    {
        var json = new JsonObject { ["target"] = url, ["secret"] = "x", ["certificate"] = certificate };
        (await StatusAsync(Trusted, "POST", $"/1.0/images/{await AddAsync("unified")}/export", json.ToJsonString())).ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<string> AddAsync(string kind)
    {
        if (kind == "unified")
            return (await Library.AddAsync(new ImageUpload(new("image", new MemoryStream(SampleImage.Unified()))), new() { FileName = "root.file" }, Cancellation)).Fingerprint.Hex;
        var root = kind == "container" ? SampleImage.Squashfs() : SampleImage.Qcow2();
        var upload = new ImageUpload(new("metadata", new MemoryStream(SampleImage.Metadata())), new("root", new MemoryStream(root)));
        return (await Library.AddAsync(upload, new() { FileName = "root.file" }, Cancellation)).Fingerprint.Hex;
    }

    private async Task<string> ExpectAsync(string fingerprint)
    {
        using var client = target.LocalClient();
        var (_, token) = await SendAsync(client, "POST", "/1.0/images", $$"""{"source":{"mode":"push","fingerprint":"{{fingerprint}}"} }""");
        return (string)token["metadata"]!["metadata"]!["secret"]!;
    }

    private async Task<JsonNode> PushAsync(string fingerprint, string secret, string? certificate = null)
    {
        var json = new JsonObject
        {
            ["target"] = target.Https.ToString(),
            ["secret"] = secret,
            ["certificate"] = certificate ?? await File.ReadAllTextAsync(Path.Combine(target.Settings.Data, "server.crt"), Cancellation),
        };
        return await RunAsync("POST", $"/1.0/images/{fingerprint}/export", json.ToJsonString());
    }
}
