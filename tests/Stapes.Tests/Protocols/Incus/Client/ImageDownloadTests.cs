using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Protocols.Incus.Client;

public sealed class ImageDownloadTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly string target;

    private FetchOptions Options => new(target) { Retry = new() { Attempts = 2, FirstDelay = TimeSpan.FromMilliseconds(1) } };

    public ImageDownloadTests() => target = Directory.CreateDirectory(directory["target"]).FullName;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_unified_image_is_one_file_under_the_name_that_the_server_gives_it()
    {
        await using var server = await UnifiedAsync("content", "inline;filename=\"f1.tar.xz\"");

        using var download = await server.Client.FetchAsync(ImageOf("content"), Options, CancellationToken.None);

        (download.Metadata.Name, download.Root).ShouldBe(("f1.tar.xz", null));
        download.Metadata.Content.MoveTo(directory["kept"]);
        File.ReadAllText(directory["kept"]).ShouldBe("content");
    }

    [Fact]
    public async Task A_split_image_is_two_files()
    {
        await using var server = await SplitAsync(Part("metadata", "m.tar", "meta"), Part("rootfs.img", "r.qcow2", "root"));
        var received = 0L;

        using var download = await server.Client.FetchAsync(ImageOf("metaroot"), Options with { Watch = FileProgress.Sum(n => received += n) }, CancellationToken.None);

        (download.Metadata.Name, download.Root!.Name).ShouldBe(("m.tar", "r.qcow2"));
        (download.Metadata.Digest.Hex, download.Root.Digest.Hex).ShouldBe((ImageOf("meta").Fingerprint, ImageOf("root").Fingerprint));
        File.ReadAllText(download.Root.Content.TemporaryPath).ShouldBe("root");
        received.ShouldBe(8);
    }

    [Fact]
    public async Task Each_file_is_told_of_by_itself_until_it_is_there()
    {
        await using var server = await SplitAsync(Part("metadata", "m.tar", "meta"), Part("rootfs", "r", "the root"));
        var told = new List<string>();
        FileProgress Begin(string part, long? size)
        {
            told.Add($"{part} of {size?.ToString(CultureInfo.InvariantCulture) ?? "unknown size"}");
            return new(bytes => told.Add($"{part} {bytes}"), () => told.Add($"{part} ended"));
        }

        using var download = await server.Client.FetchAsync(ImageOf("metathe root") with { Size = 12 }, Options with { Watch = Begin }, CancellationToken.None);

        told.ShouldBe(["metadata of unknown size", "metadata 4", "metadata ended", "rootfs of 8", "rootfs 8", "rootfs ended"]);
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("..", "")]
    [InlineData(".", "")]
    [InlineData("dir/", "")]
    public async Task The_server_does_not_choose_where_a_file_goes(string name, string kept)
    {
        await using var server = await UnifiedAsync("content", $"inline;filename=\"{name}\"");

        using var download = await server.Client.FetchAsync(ImageOf("content"), Options, CancellationToken.None);

        download.Metadata.Name.ShouldBe(kept);
    }

    [Fact]
    public async Task Other_bytes_than_those_of_the_image_are_not_kept()
    {
        await using var server = await UnifiedAsync("forged", "inline;filename=\"f1.tar.xz\"");

        var failure = await Should.ThrowAsync<StapesException>(server.Client.FetchAsync(ImageOf("content"), Options, CancellationToken.None));

        failure.Message.ShouldContain(ImageOf("forged").Fingerprint);
        Directory.GetFiles(target).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_fingerprint_of_an_oci_image_is_not_that_of_its_bytes()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static http =>
        {
            http.Response.Headers["X-Incus-Type"] = "oci";
            return http.Response.WriteAsync("content");
        });

        using var download = await server.Client.FetchAsync(ImageOf("layers"), Options, CancellationToken.None);

        download.Root.ShouldBeNull();
    }

    [Fact]
    public async Task A_unified_image_that_breaks_off_is_continued()
    {
        var content = new string('x', 200_000);
        await using var server = await ScriptedServer.StartAsync(directory, async http =>
        {
            var start = http.Request.Headers.Range is [{ } range] ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
            http.Response.StatusCode = start > 0 ? 206 : 200;
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = content.Length - start;
            if (start > 0)
                http.Response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
            await http.Response.WriteAsync(content[start..Math.Min(content.Length, start + 150_000)]);
            await http.Response.Body.FlushAsync();
            if (start == 0)
                http.Abort();
        });

        using var download = await server.Client.FetchAsync(ImageOf(content), Options, CancellationToken.None);

        download.Metadata.Size.ShouldBe(200_000);
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_split_image_that_breaks_off_comes_again()
    {
        var requests = 0;
        await using var server = await ScriptedServer.StartAsync(directory, async http =>
        {
            http.Response.ContentType = "multipart/form-data; boundary=bound";
            await http.Response.WriteAsync(Part("metadata", "m", "meta"));
            await http.Response.Body.FlushAsync();
            if (++requests == 1)
                http.Abort();
            else
                await http.Response.WriteAsync(Part("rootfs", "r", "root") + "--bound--\r\n");
        });
        var received = 0L;

        using var download = await server.Client.FetchAsync(ImageOf("metaroot"), Options with { Watch = FileProgress.Sum(n => received += n) }, CancellationToken.None);

        (download.Root!.Size, received, requests).ShouldBe((4, 8, 2));
    }

    [Fact]
    public async Task An_image_that_always_breaks_off_is_not_kept()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static async http =>
        {
            http.Response.ContentType = "multipart/form-data; boundary=bound";
            await http.Response.WriteAsync(Part("metadata", "m", "meta"));
            await http.Response.Body.FlushAsync();
            http.Abort();
        });

        var failure = await Should.ThrowAsync<StapesException>(server.Client.FetchAsync(ImageOf("content"), Options, CancellationToken.None));

        failure.Message.ShouldStartWith($"The connection to {server.Socket} broke: ");
        Directory.GetFiles(target).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("metadata")]
    [InlineData("rootfs", "metadata")]
    [InlineData("metadata", "other")]
    [InlineData("metadata", "rootfs", "rootfs")]
    [InlineData]
    public async Task Parts_that_make_no_image_are_not_kept(params string[] names)
    {
        await using var server = await SplitAsync([.. names.Select(static n => Part(n, n, n))]);

        var failure = await Should.ThrowAsync<StapesException>(server.Client.FetchAsync(ImageOf(string.Concat(names)), Options, CancellationToken.None));

        failure.Message.ShouldStartWith("The server sent no image: ");
        Directory.GetFiles(target).ShouldBeEmpty();
    }

    [Fact]
    public async Task Parts_without_an_end_are_not_kept()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static http =>
        {
            http.Response.ContentType = "multipart/form-data; boundary=bound";
            return http.Response.WriteAsync(Part("metadata", "m", "meta") + "--bound\r\nContent-Disposition: form-data; name=\"rootfs\"\r\n\r\nro");
        });

        await Should.ThrowAsync<StapesException>(server.Client.FetchAsync(ImageOf("metaro"), Options, CancellationToken.None));

        Directory.GetFiles(target).ShouldBeEmpty();
    }

    private Task<ScriptedServer> UnifiedAsync(string content, string disposition) => ScriptedServer.StartAsync(directory, http =>
    {
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers.ContentDisposition = disposition;
        return http.Response.WriteAsync(content);
    });

    private Task<ScriptedServer> SplitAsync(params string[] parts) => ScriptedServer.StartAsync(directory, http =>
    {
        http.Response.ContentType = "multipart/form-data; boundary=bound";
        return http.Response.WriteAsync(string.Concat(parts) + "--bound--\r\n");
    });

    private static string Part(string name, string fileName, string content) =>
        $"--bound\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\n\r\n{content}\r\n";

    private static ImageRecord ImageOf(string content) => new() { Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))) };
}
