using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Serving;
using Stapes.Tests.Hosting;
using Stapes.Tests.Images;
using Stapes.Tests.Library;
using Audience = Stapes.Protocols.Simplestreams.Audience;

namespace Stapes.Tests.Protocols.Simplestreams.Serving;

public sealed class SimplestreamsEndpointsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_published_can_be_listed_and_downloaded_at_once()
    {
        await using var server = await StartAsync();
        byte[][] files = [SampleImage.Metadata(), SampleImage.Squashfs(), SampleImage.Qcow2(), SampleImage.Unified(), SampleImage.UnifiedDisk(), TestImages.Root("x")];
        foreach (var upload in new[] { Upload(files[0], files[1]), Upload(files[0], files[2]), Upload(files[0], files[5]), Upload(files[3]), Upload(files[4]) })
            await server.Server.Library.AddAsync(upload, new() { Public = true }, Cancellation);
        using var client = server.Client();
        foreach (var audience in (Audience[])[Audience.Incus, Audience.Lxd])
        {
            var listed = await ListAsync(client, audience);
            listed.Count.ShouldBe(5);
            foreach (var image in listed)
            {
                var first = await client.GetByteArrayAsync(image.MetadataItem.Path, Cancellation);
                var second = image.RootItem is { } root ? await client.GetByteArrayAsync(root.Path, Cancellation) : [];
                TestImages.Digest([.. first, .. second]).Hex.ShouldBe(image.Fingerprint);
                image.Size.ShouldBe(first.Length + second.Length);
            }
        }
    }

    [Fact]
    public async Task A_private_image_shows_nowhere()
    {
        await using var server = await StartAsync();
        var image = await server.Server.Library.AddAsync(TestImages.Upload("1"), new() { Aliases = [new("secret", "")] }, Cancellation);
        using var client = server.Client();
        (await client.GetStringAsync(IndexFile.ImagesPath, Cancellation)).ShouldNotContain("secret");
        (await ListAsync(client)).ShouldBeEmpty();
        (await client.GetAsync(IndexWriter.PathOf(image.MetadataFile), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await server.Server.Library.UpdateAsync(image.Key, static i => i with { Public = true }, Cancellation);
        (await ListAsync(client)).ShouldHaveSingleItem();
        (await client.GetAsync(IndexWriter.PathOf(image.MetadataFile), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.Server.Library.UpdateAsync(image.Key, static i => i with { Public = false }, Cancellation);
        (await ListAsync(client)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_files_of_a_removed_image_can_be_had_by_those_who_know_of_them()
    {
        await using var server = await StartAsync();
        var image = await server.Server.Library.AddAsync(TestImages.Upload("1"), new() { Public = true }, Cancellation);
        using var client = server.Client();
        (await ListAsync(client)).ShouldHaveSingleItem();
        await server.Server.Library.DeleteAsync(image.Key, precondition: null, Cancellation);
        (await ListAsync(client)).ShouldBeEmpty();
        TestImages.Digest(await client.GetByteArrayAsync(IndexWriter.PathOf(image.MetadataFile), Cancellation)).ShouldBe(image.Fingerprint);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task The_index_comes_compressed_and_is_the_same(string coding)
    {
        await using var server = await StartAsync();
        await server.Server.Library.AddAsync(TestImages.Upload("1"), new() { Public = true }, Cancellation);
        using var client = server.Client();
        foreach (var path in (string[])[IndexFile.Path, IndexFile.ImagesPath])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.AcceptEncoding.ParseAdd(coding);
            using var response = await client.SendAsync(request, Cancellation);
            response.Content.Headers.ContentEncoding.ShouldBe([coding]);
            await using var compressed = await response.Content.ReadAsStreamAsync(Cancellation);
            await using Stream plain = coding switch
            {
                "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
                "br" => new BrotliStream(compressed, CompressionMode.Decompress),
                _ => new ZstdSharp.DecompressionStream(compressed),
            };
            using var reader = new StreamReader(plain);
            (await reader.ReadToEndAsync(Cancellation)).ShouldBe(await client.GetStringAsync(path, Cancellation));
        }
    }

    [Fact]
    public async Task The_index_changes_its_tag_with_what_strangers_see_and_with_nothing_else()
    {
        await using var server = await StartAsync();
        using var client = server.Client();
        var empty = (await client.GetAsync(IndexFile.ImagesPath, Cancellation)).Headers.ETag;
        await server.Server.Library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        using var response = await client.GetAsync(IndexFile.ImagesPath, Cancellation);
        response.Headers.ETag.ShouldBe(empty);
        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=60");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");

        using var conditional = new HttpRequestMessage(HttpMethod.Get, IndexFile.ImagesPath);
        conditional.Headers.IfNoneMatch.Add(empty!);
        (await client.SendAsync(conditional, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        await server.Server.Library.AddAsync(TestImages.Upload("2"), new() { Public = true }, Cancellation);
        (await client.GetAsync(IndexFile.ImagesPath, Cancellation)).Headers.ETag.ShouldNotBe(empty);
    }

    [Fact]
    public async Task A_file_answers_ranges_and_HEAD_and_is_immutable()
    {
        await using var server = await StartAsync();
        var image = await server.Server.Library.AddAsync(TestImages.Upload("1"), new() { Public = true }, Cancellation);
        using var client = server.Client();
        var whole = await client.GetByteArrayAsync(IndexWriter.PathOf(image.MetadataFile), Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, IndexWriter.PathOf(image.MetadataFile)) { Headers = { Range = new RangeHeaderValue(100, 199) } };
        using var part = await client.SendAsync(request, Cancellation);
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(whole[100..200]);

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, IndexWriter.PathOf(image.MetadataFile)), Cancellation);
        head.Content.Headers.ContentLength.ShouldBe(whole.Length);
        head.Headers.ETag!.Tag.ShouldBe($"\"{image.Fingerprint}\"");
        head.Headers.CacheControl!.ToString().ShouldContain("immutable");
        head.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        head.Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/images/")]
    [InlineData("/images/nothing")]
    [InlineData("/images/{0}%2F..%2Fcatalog.db")]
    [InlineData("/images/..%2Fcatalog.db")]
    [InlineData("/images/../../catalog.db")]
    [InlineData("/images/%2e%2e/catalog.db")]
    [InlineData("/images//{0}")]
    [InlineData("/images/{0}%00")]
    [InlineData("/images/{0}.tar/x")]
    [InlineData("/images/{0}.%20")]
    [InlineData("/images/0000000000000000000000000000000000000000000000000000000000000000.tar")]
    [InlineData("/streams/v1/other.json")]
    [InlineData("/streams/v1/..%2fimages.json")]
    public async Task Any_other_path_leads_nowhere(string path)
    {
        await using var server = await StartAsync();
        var image = await server.Server.Library.AddAsync(TestImages.Upload("1"), new() { Public = true }, Cancellation);
        // A bare connection: clients would tidy the path.
        await using var connection = await server.ConnectAsync();
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path.Replace("{0}", image.Fingerprint.Hex, StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(connection);
        var answer = await reader.ReadToEndAsync(Cancellation);
        answer.ShouldMatch("^HTTP/1.1 (400|404) ");
        answer.ShouldNotContain("SQLite");
    }

    [Fact]
    public async Task Many_who_ask_at_once_after_a_change_all_see_it()
    {
        await using var server = await StartAsync();
        using var client = server.Client();
        for (var round = 1; round <= 3; round++)
        {
            await server.Server.Library.AddAsync(TestImages.Upload($"{round}"), new() { Public = true }, Cancellation);
            var counts = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await ListAsync(client)).Count));
            counts.ShouldAllBe(count => count == round);
        }
    }

    private static Task<RunningServer> StartAsync() =>
        RunningServer.StartAsync(static e => e.MapSimplestreams(e.ServiceProvider.GetRequiredService<ImageLibrary>()));

    private static ImageUpload Upload(byte[] metadata, byte[]? root = null) => TestImages.Upload(metadata, root);

    private static async Task<IReadOnlyList<ListedImage>> ListAsync(HttpClient client, Audience audience = Audience.Incus)
    {
        var index = IndexFile.Parse(await client.GetByteArrayAsync(IndexFile.Path, Cancellation)).Entries.ShouldHaveSingleItem();
        var products = ProductsFile.Parse(index.Path, await client.GetByteArrayAsync(index.Path, Cancellation)).Products.ToList();
        return [.. AliasTable.Apply(ClientView.Images(products, audience), Architecture.Local)];
    }
}
