using System.Diagnostics;
using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>A registry that is killed while clients push: what it said is there is there, and nothing else stays.</summary>
public sealed class RegistryCrashTests : IDisposable
{
    private const int Kills = 40;
    private const int Parallel = 3;

    private readonly DirectoryInfo place = Directory.CreateTempSubdirectory("stapes-");
    private readonly HashSet<string> acknowledged = new(StringComparer.Ordinal);
    private int pushes;

    private string Data => Path.Combine(place.FullName, "data");

    public void Dispose() => place.Delete(recursive: true);

    [Fact]
    public async Task A_registry_may_be_killed_at_random_moments_of_pushes()
    {
        var duration = await MeasureAsync();
        for (var i = 0; i < Kills; i++)
        {
            var server = await ServerProcess.StartAsync(Data);
            await using (server)
            {
                var work = PushSomeAsync();
                await Task.Delay(duration * 1.2 * Random.Shared.NextDouble(), TestContext.Current.CancellationToken);
                await server.KillAsync();
                await work;
            }

            await using var next = await ServerProcess.StartAsync(Data);
            await CheckAsync();
        }

        acknowledged.Count.ShouldBeLessThan(pushes, "some were killed in time");
        await FinishAsync();
    }

    [Fact]
    public async Task A_server_that_is_killed_while_it_makes_an_image_makes_it_after_the_next_start_and_keeps_nothing_else()
    {
        string[] options = ["--listen", "http://127.0.0.1:0", "--oci-public", "*"];
        await using (var server = await ServerProcess.StartAsync(Data, options))
        {
            await PushApplicationAsync();
            // The image of so many random bytes takes its time; the file of its root file system grows meanwhile.
            while (!server.StoredFiles.Any(static f => Path.GetFileName(Path.GetDirectoryName(f)) == "tmp" && new FileInfo(f) is { Exists: true, Length: > 0 }))
                await Task.Delay(1, TestContext.Current.CancellationToken);
            await server.KillAsync();
            server.StoredFiles.Count(static f => Path.GetFileName(Path.GetDirectoryName(f)) != "tmp").ShouldBeLessThan(4, "it was killed in the midst of it");
        }

        await using var next = await ServerProcess.StartAsync(Data, options);
        for (var i = 0; i < 1200 && (await next.FingerprintsAsync()).Count == 0; i++)
            await Task.Delay(100, TestContext.Current.CancellationToken);
        var fingerprint = (await next.FingerprintsAsync()).ShouldHaveSingleItem();
        (await next.ExportedFingerprintAsync("local:app:1")).ShouldBe(fingerprint);
        // The layer and the configuration that were pushed, and the two files that were made of them.
        next.StoredFiles.Count.ShouldBe(4, string.Join('\n', next.StoredFiles));
    }

    /// <summary>An application image with one large file.</summary>
    private async Task PushApplicationAsync()
    {
        using var client = LocalClient();
        var content = new byte[200 << 20];
        Random.Shared.NextBytes(content);
        var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, TarEntryFormat.Pax, leaveOpen: true))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "large") { DataStream = new MemoryStream(content) });
        var bytes = layer.ToArray();
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["{{DigestOf(bytes)}}"]} }""");
        await PushBlobAsync(client, config, chunks: 1);
        await PushBlobAsync(client, bytes, chunks: 1);
        using var manifest = new StringContent($$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{DigestOf(config)}}","size":{{config.Length}}},
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{DigestOf(bytes)}}","size":{{bytes.Length}}}]}
            """, Encoding.UTF8, "application/vnd.oci.image.manifest.v1+json");
        using var response = await client.PutAsync("/v2/app/manifests/1", manifest);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private async Task<TimeSpan> MeasureAsync()
    {
        await using var server = await ServerProcess.StartAsync(Data);
        var start = Stopwatch.GetTimestamp();
        await PushSomeAsync();
        acknowledged.Count.ShouldBe(Parallel);
        return Stopwatch.GetElapsedTime(start);
    }

    private async Task PushSomeAsync()
    {
        var tags = Enumerable.Range(0, Parallel).Select(_ => $"t{pushes++}").ToArray();
        foreach (var (tag, whole) in tags.Zip(await Task.WhenAll(tags.Select(PushAsync))))
        {
            if (whole)
                acknowledged.Add(tag);
        }
    }

    /// <returns>Whether the registry said that the image is there.</returns>
    private async Task<bool> PushAsync(string tag)
    {
        using var client = LocalClient();
        var layer = new byte[Random.Shared.Next(16 << 10, 2 << 20)];
        Random.Shared.NextBytes(layer);
        try
        {
            var config = "{}"u8.ToArray();
            await PushBlobAsync(client, config, chunks: 1);
            await PushBlobAsync(client, layer, chunks: 3);
            var manifest = Encoding.UTF8.GetBytes($$"""
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
                "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{DigestOf(config)}}","size":2},
                "layers":[{"mediaType":"x/y","digest":"{{DigestOf(layer)}}","size":{{layer.Length}}}]}
                """);
            using var content = new ByteArrayContent(manifest) { Headers = { ContentType = MediaTypeHeaderValue.Parse("application/vnd.oci.image.manifest.v1+json") } };
            using var response = await client.PutAsync($"/v2/app/manifests/{tag}", content);
            return response.StatusCode is HttpStatusCode.Created;
        }
        catch (HttpRequestException)
        {
            // The server was killed.
            return false;
        }
    }

    private static async Task PushBlobAsync(HttpClient client, byte[] blob, int chunks)
    {
        using var begun = await client.PostAsync("/v2/app/blobs/uploads/", null);
        begun.EnsureSuccessStatusCode();
        var location = begun.Headers.Location!.OriginalString;
        foreach (var chunk in blob.Chunk((blob.Length + chunks - 1) / chunks))
        {
            using var sent = await client.PatchAsync(location, new ByteArrayContent(chunk));
            sent.EnsureSuccessStatusCode();
        }

        using var ended = await client.PutAsync($"{location}?digest={DigestOf(blob)}", null);
        ended.EnsureSuccessStatusCode();
    }

    /// <summary>Every image that was acknowledged, and every one that is listed, is there as a whole.</summary>
    private async Task<IReadOnlySet<string>> CheckAsync()
    {
        using var client = LocalClient();
        var list = await client.GetStringAsync("/v2/app/tags/list");
        using var tags = System.Text.Json.JsonDocument.Parse(list);
        var listed = tags.RootElement.GetProperty("tags").EnumerateArray().Select(static t => t.GetString()!).ToHashSet(StringComparer.Ordinal);
        acknowledged.ShouldBeSubsetOf(listed);
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in listed)
        {
            using var manifest = System.Text.Json.JsonDocument.Parse(await client.GetByteArrayAsync($"/v2/app/manifests/{tag}"));
            foreach (var part in manifest.RootElement.GetProperty("layers").EnumerateArray().Append(manifest.RootElement.GetProperty("config")))
            {
                var digest = part.GetProperty("digest").GetString()!;
                if (needed.Add(digest["sha256:".Length..]))
                    DigestOf(await client.GetByteArrayAsync($"/v2/app/blobs/{digest}")).ShouldBe(digest);
            }
        }

        return needed;
    }

    private async Task FinishAsync()
    {
        await using var server = await ServerProcess.StartAsync(Data, "--listen", "http://127.0.0.1:0", "--grace", "0", "--oci-grace", "0");
        var needed = await CheckAsync();
        // The server cleans up beside its work, once a minute.
        for (var i = 0; i < 1200 && !Names().SetEquals(needed); i++)
            await Task.Delay(100);
        Names().ShouldBe(needed, ignoreOrder: true);

        HashSet<string> Names() => server.StoredFiles.Select(static f => Path.GetFileName(f)).ToHashSet(StringComparer.Ordinal);
    }

    private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    private HttpClient LocalClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Data, "unix.socket")), cancellation);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new("http://stapes"),
    };
}
