using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Stapes.Core.Library;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class ExportTests : IncusServerTest
{
    [Fact]
    public async Task A_unified_image_is_a_file_with_a_name()
    {
        var fingerprint = await AddAsync(isPublic: true);
        using var response = await Stranger.GetAsync(new Uri($"/1.0/images/{fingerprint}/export", UriKind.Relative), Cancellation);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        response.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe($"{fingerprint}.tar.gz");
        response.Headers.GetValues("X-Incus-Type").ShouldBe(["incus"]);
        Hash(await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(fingerprint);
    }

    [Fact]
    public async Task A_range_of_a_unified_image_can_be_had()
    {
        var fingerprint = await AddAsync(isPublic: true);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/1.0/images/{fingerprint}/export");
        request.Headers.Range = new RangeHeaderValue(1, 4);
        using var response = await Stranger.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length.ShouldBe(4);
    }

    [Theory]
    [InlineData(false, "rootfs", ".squashfs")]
    [InlineData(true, "rootfs.img", ".qcow2")]
    public async Task A_split_image_is_a_form_with_the_metadata_first(bool isDisk, string part, string extension)
    {
        var root = isDisk ? SampleImage.Qcow2() : SampleImage.Squashfs();
        var fingerprint = await AddSplitAsync(root);
        using var response = await Stranger.GetAsync(
            new Uri($"/1.0/images/{fingerprint[..10]}/export", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var type = response.Content.Headers.ContentType!;
        type.MediaType.ShouldBe("multipart/form-data");
        response.Content.Headers.ContentLength.ShouldNotBeNull();

        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        body.LongLength.ShouldBe(response.Content.Headers.ContentLength!.Value);
        var reader = new MultipartReader(type.Parameters.Single(static p => p.Name == "boundary").Value!, new MemoryStream(body));
        var first = await reader.ReadNextSectionAsync(Cancellation);
        first!.ContentDisposition!.ShouldBe($"form-data; name=\"metadata\"; filename=\"meta-{fingerprint}.tar.xz\"");
        (await BytesAsync(first.Body)).ShouldBe(SampleImage.Metadata());
        var second = await reader.ReadNextSectionAsync(Cancellation);
        second!.ContentDisposition!.ShouldBe($"form-data; name=\"{part}\"; filename=\"{fingerprint}{extension}\"");
        (await BytesAsync(second.Body)).ShouldBe(root);
        (await reader.ReadNextSectionAsync(Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HEAD_tells_the_length_and_sends_nothing(bool isSplit)
    {
        var fingerprint = isSplit ? await AddSplitAsync(SampleImage.Squashfs()) : await AddAsync(isPublic: true);
        var whole = await Stranger.GetByteArrayAsync(new Uri($"/1.0/images/{fingerprint}/export", UriKind.Relative), Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/1.0/images/{fingerprint}/export");
        using var response = await Stranger.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(whole.Length);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_application_container_is_marked_so_that_clients_do_not_check_its_hash()
    {
        var fingerprint = await AddAsync(isPublic: true);
        await StatusAsync(Trusted, "PATCH", $"/1.0/images/{fingerprint}", """{"properties":{"type":"oci"}}""");
        using var response = await Stranger.GetAsync(new Uri($"/1.0/images/{fingerprint}/export", UriKind.Relative), Cancellation);
        response.Headers.GetValues("X-Incus-Type").ShouldBe(["oci"]);
    }

    [Fact]
    public async Task An_export_counts_as_use()
    {
        var fingerprint = await AddAsync(isPublic: true);
        await Stranger.GetByteArrayAsync(new Uri($"/1.0/images/{fingerprint}/export", UriKind.Relative), Cancellation);
        ((string?)(await GetAsync(Stranger, $"/1.0/images/{fingerprint}"))["last_used_at"]).ShouldNotBe("0001-01-01T00:00:00Z");
    }

    [Fact]
    public async Task Caches_may_keep_only_what_a_whole_fingerprint_names_and_strangers_may_see()
    {
        var visible = await AddAsync("1", isPublic: true);
        var hidden = await AddAsync("2");
        (await CachingAsync(Stranger, visible)).ShouldBe("public");
        (await CachingAsync(Stranger, visible[..12])).ShouldBe("private");
        (await CachingAsync(Trusted, hidden)).ShouldBe("private");

        async Task<string> CachingAsync(HttpClient client, string name)
        {
            using var response = await client.GetAsync(new Uri($"/1.0/images/{name}/export", UriKind.Relative), Cancellation);
            return response.Headers.CacheControl!.Public ? "public" : "private";
        }
    }

    private async Task<string> AddSplitAsync(byte[] root)
    {
        var upload = new ImageUpload(new("metadata", new MemoryStream(SampleImage.Metadata())), new("root", new MemoryStream(root)));
        return (await Library.AddAsync(upload, new() { Public = true }, Cancellation)).Fingerprint.Hex;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<byte[]> BytesAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }
}
