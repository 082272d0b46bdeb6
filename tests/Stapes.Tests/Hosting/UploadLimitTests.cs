using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Hosting;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary><c>--upload-limit</c> and <c>--free-space</c>, by every door that bytes come in.</summary>
public sealed class UploadLimitTests
{
    private const long Limit = 100_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, bool> Doors => new MatrixTheoryData<string, bool>(["upload", "url", "simplestreams", "blob", "chunks"], [true, false]);

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task What_is_too_large_does_not_come_in(string door, bool isAnnounced)
    {
        await using var server = await StartAsync(static s => s with { UploadLimit = Limit });
        var (status, error) = await SendAsync(server, door, Large((int)Limit + 1), isAnnounced);
        error.ShouldContain($"more than {Limit} bytes");
        status.ShouldBe(door is "blob" or "chunks" ? 413 : 400);
        await ShouldHoldNothingAsync(server);
        (await SendAsync(server, door, Large((int)Limit - 40_000), isAnnounced)).ShouldBe((200, ""));
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task While_the_disk_has_too_little_space_nothing_comes_in(string door, bool isAnnounced)
    {
        await using var server = await StartAsync(static s => s with { FreeSpace = long.MaxValue });
        var (status, error) = await SendAsync(server, door, Large(50_000), isAnnounced);
        error.ShouldContain("have to stay free");
        status.ShouldBe(507);
        await ShouldHoldNothingAsync(server);
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task A_small_disk_is_not_filled(string door, bool isAnnounced)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        if (!Run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", directory["data"]))
            Assert.Skip("A small disk needs the right to mount one.");
        try
        {
            await using var server = await StartAsync(static s => s with { FreeSpace = 48 << 20 }, directory["data"]);
            var least = long.MaxValue;
            using var watch = new Timer(_ => least = Math.Min(least, new DriveInfo(directory["data"]).AvailableFreeSpace), null, 0, 1);
            var (_, error) = await SendAsync(server, door, Large(90 << 20), isAnnounced);
            error.ShouldContain("have to stay free");
            await ShouldHoldNothingAsync(server);
            // What passes between two looks, and what is on its way meanwhile.
            least.ShouldBeGreaterThan(16 << 20);
            (await SendAsync(server, door, Large(1 << 20), isAnnounced)).ShouldBe((200, ""));
        }
        finally
        {
            Run("umount", directory["data"]).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_manifest_is_refused_too()
    {
        await using var server = await StartAsync(static s => s with { FreeSpace = long.MaxValue });
        using var local = server.LocalClient();
        using var content = new StringContent("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/vnd.oci.image.index.v1+json"));
        using var response = await local.PutAsync(new Uri("/v2/library/app/manifests/v1", UriKind.Relative), content, Cancellation);
        ((int)response.StatusCode).ShouldBe(507);
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldStartWith("{\"errors\":[{\"code\":");
    }

    private static Task<RunningServer> StartAsync(Func<ServerSettings, ServerSettings> change, string? data = null) => RunningServer.StartAsync(change: change, data: data);

    /// <summary>A unified image of about that size, which nothing makes smaller.</summary>
    private static byte[] Large(int size)
    {
        var image = SampleImage.Unified();
        // What follows the end of an archive belongs to the file all the same.
        var bytes = RandomNumberGenerator.GetBytes(size);
        image.CopyTo(bytes, 0);
        return bytes;
    }

    /// <summary>The status and the error of the request, or of the operation that it began; 200 and nothing when the bytes came in.</summary>
    private static async Task<(int Status, string Error)> SendAsync(RunningServer server, string door, byte[] bytes, bool isAnnounced)
    {
        using var local = server.LocalClient();
        if (door == "upload")
        {
            using var content = new StreamContent(isAnnounced ? new MemoryStream(bytes) : new Unseekable(bytes));
            using var response = await local.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
            return await EndAsync(local, response);
        }

        if (door is "blob" or "chunks")
            return await PushAsync(local, bytes, door, isAnnounced);
        await using var web = await WebServer.StartAsync(http => ServeAsync(http, bytes, isAnnounced));
        using var order = JsonContent.Create((JsonNode)new JsonObject
        {
            ["source"] = door == "url"
                ? new JsonObject { ["type"] = "url", ["mode"] = "pull", ["url"] = web.Url.ToString() }
                : new JsonObject { ["type"] = "image", ["mode"] = "pull", ["protocol"] = "simplestreams", ["server"] = web.Url.ToString(), ["alias"] = "app" },
        }, options: System.Text.Json.JsonSerializerOptions.Default);
        using var started = await local.PostAsync(new Uri("/1.0/images", UriKind.Relative), order, Cancellation);
        return await EndAsync(local, started);
    }

    private static async Task<(int, string)> EndAsync(HttpClient local, HttpResponseMessage response)
    {
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        if (response.StatusCode is not HttpStatusCode.Accepted)
            return ((int)response.StatusCode, (string)body["error"]!);
        var ended = JsonNode.Parse(await local.GetStringAsync(new Uri($"{body["operation"]}/wait", UriKind.Relative), Cancellation))!["metadata"]!;
        return ((int)ended["status_code"]!, (string)ended["err"]!);
    }

    private static async Task<(int, string)> PushAsync(HttpClient local, byte[] bytes, string door, bool isAnnounced)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (door == "blob")
        {
            using var whole = new StreamContent(isAnnounced ? new MemoryStream(bytes) : new Unseekable(bytes));
            using var response = await local.PostAsync(new Uri($"/v2/library/app/blobs/uploads/?digest={digest}", UriKind.Relative), whole, Cancellation);
            return await AnswerAsync(response);
        }

        using var begun = await local.PostAsync(new Uri("/v2/library/app/blobs/uploads/", UriKind.Relative), null, Cancellation);
        var place = begun.Headers.Location!;
        foreach (var chunk in bytes.Chunk(Math.Max(1, bytes.Length / 3)))
        {
            using var content = new StreamContent(isAnnounced ? new MemoryStream(chunk) : new Unseekable(chunk));
            using var response = await local.PatchAsync(place, content, Cancellation);
            if (!response.IsSuccessStatusCode)
            {
                using var after = await local.GetAsync(place, Cancellation);
                after.StatusCode.ShouldBe(HttpStatusCode.NotFound, "the upload is over");
                return await AnswerAsync(response);
            }
        }

        using var finished = await local.PutAsync(new Uri($"{place}?digest={digest}", UriKind.Relative), null, Cancellation);
        return await AnswerAsync(finished);
    }

    private static async Task<(int, string)> AnswerAsync(HttpResponseMessage response) => response.IsSuccessStatusCode ? (200, "")
        : ((int)response.StatusCode, (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["errors"]![0]!["message"]!);

    private static async Task ServeAsync(HttpContext http, byte[] bytes, bool isAnnounced)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        switch (http.Request.Path.Value)
        {
            case "/streams/v1/index.json":
                await http.Response.WriteAsync("""{"format":"index:1.0","index":{"images":{"datatype":"image-downloads","path":"streams/v1/images.json","products":["a:b:amd64:c"]} } }""", http.RequestAborted);
                break;
            case "/streams/v1/images.json":
                // An index that lies about the size, or says nothing, must not get further.
                var size = isAnnounced ? $"\"size\":{bytes.Length}," : "";
                await http.Response.WriteAsync($$$$"""
                    {"format":"products:1.0","products":{"a:b:amd64:c":{"aliases":"app","arch":"amd64","os":"a","release":"b","variant":"c","versions":{"202501010000":{"items":{
                    "i":{"ftype":"incus_combined.tar.gz","path":"image",{{{{size}}}}"sha256":"{{{{hash}}}}"} } } } } } }
                    """, http.RequestAborted);
                break;
            default:
                http.Response.Headers["Incus-Image-Hash"] = hash;
                http.Response.Headers["Incus-Image-URL"] = $"{http.Request.Scheme}://{http.Request.Host}/image";
                if (isAnnounced)
                    http.Response.ContentLength = bytes.Length;
                if (HttpMethods.IsGet(http.Request.Method))
                    await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
                break;
        }
    }

    private static async Task ShouldHoldNothingAsync(RunningServer server)
    {
        (await server.Server.Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
        foreach (var place in (string[])["tmp", "blobs"])
        {
            var directory = Path.Combine(server.Settings.Data, place);
            (Directory.Exists(directory) ? Directory.GetFiles(directory, "*", SearchOption.AllDirectories) : []).ShouldBeEmpty(place);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Has no length, so that it is sent in pieces.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
