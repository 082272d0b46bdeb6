using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class UploadTests : IncusServerTest
{
    [Fact]
    public async Task A_unified_image_is_added_with_what_the_headers_say()
    {
        var operation = await UploadAsync(
            new ByteArrayContent(SampleImage.Unified()),
            ("X-Incus-public", "true"),
            ("X-Incus-filename", "image.tar.gz"),
            ("X-Incus-properties", "os=Other+one&a%26b=%C3%BC"),
            ("X-Incus-profiles", "profile=p&profile=q"),
            ("X-Incus-aliases", "alias=one&alias=two%2Fthree"));
        ((string?)operation["status"]).ShouldBe("Success");
        ((string?)operation["description"]).ShouldBe("Downloading image");
        var fingerprint = (string)operation["metadata"]!["fingerprint"]!;
        ((string?)operation["metadata"]!["size"]).ShouldBe($"{SampleImage.Unified().Length}");

        var image = await GetAsync(Stranger, $"/1.0/images/{fingerprint}");
        ((string?)image["filename"]).ShouldBe("image.tar.gz");
        ((string?)image["properties"]!["os"]).ShouldBe("Other one");
        ((string?)image["properties"]!["a&b"]).ShouldBe("ü");
        ((string?)image["properties"]!["release"]).ShouldBe("1");
        image["profiles"]!.AsArray().Select(static n => (string?)n).ShouldBe(["p", "q"]);
        image["aliases"]!.AsArray().Select(static a => (string?)a!["name"]).ShouldBe(["one", "two/three"]);
    }

    [Fact]
    public async Task Without_headers_an_image_is_private_and_has_the_default_profile()
    {
        var operation = await UploadAsync(new ByteArrayContent(SampleImage.Unified()));
        var image = await GetAsync(Trusted, $"/1.0/images/{operation["metadata"]!["fingerprint"]}");
        ((bool?)image["public"]).ShouldBe(false);
        image["profiles"]!.AsArray().Select(static n => (string?)n).ShouldBe(["default"]);
    }

    [Fact]
    public async Task A_client_of_LXD_says_the_same_in_its_own_headers()
    {
        var operation = await UploadAsync(new ByteArrayContent(SampleImage.Unified()), ("X-LXD-public", "1"), ("X-LXD-properties", "os=X"));
        ((string?)(await GetAsync(Stranger, $"/1.0/images/{operation["metadata"]!["fingerprint"]}"))["properties"]!["os"]).ShouldBe("X");
    }

    [Theory]
    [InlineData("rootfs", "container")]
    [InlineData("rootfs.img", "virtual-machine")]
    public async Task A_split_image_is_added(string part, string type)
    {
        var operation = await UploadAsync(Form(part, type is "container" ? SampleImage.Squashfs() : SampleImage.Qcow2()));
        ((string?)operation["err"]).ShouldBe("");
        var image = await GetAsync(Trusted, $"/1.0/images/{operation["metadata"]!["fingerprint"]}");
        ((string?)image["type"]).ShouldBe(type);
        ((string?)image["filename"]).ShouldBe("root.file");
    }

    [Fact]
    public async Task An_image_that_was_exported_can_be_sent_back()
    {
        var operation = await UploadAsync(Form("rootfs", SampleImage.Squashfs()));
        var fingerprint = (string)operation["metadata"]!["fingerprint"]!;
        using var export = await Trusted.GetAsync(new Uri($"/1.0/images/{fingerprint}/export", UriKind.Relative), Cancellation);
        var body = new ByteArrayContent(await export.Content.ReadAsByteArrayAsync(Cancellation));
        body.Headers.ContentType = export.Content.Headers.ContentType;
        await RunAsync("DELETE", $"/1.0/images/{fingerprint}");
        ((string?)(await UploadAsync(body))["metadata"]!["fingerprint"]).ShouldBe(fingerprint);
    }

    public static TheoryData<string> Broken =>
    [
        "no image", "nothing", "no metadata part", "metadata only", "wrong second part", "no end", "no boundary", "root is no root", "cut in a header",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_is_no_whole_image_fails_and_leaves_nothing(string what)
    {
        var squashfs = SampleImage.Squashfs();
        HttpContent content = what switch
        {
            "no image" => new ByteArrayContent(new byte[100_000]),
            "nothing" => new ByteArrayContent([]),
            "no metadata part" => Form("rootfs", squashfs, first: "rootfs"),
            "metadata only" => new MultipartFormDataContent { { new ByteArrayContent(SampleImage.Metadata()), "metadata", "meta" } },
            "wrong second part" => Form("root", squashfs),
            "no end" => await CutAsync(Form("rootfs", squashfs), 20),
            "no boundary" => Untyped("multipart/form-data"),
            "root is no root" => Form("rootfs", new byte[5000]),
            "cut in a header" => await CutAsync(Form("rootfs", squashfs), squashfs.Length + 100),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        var operation = await UploadAsync(content);
        ((string?)operation["status"]).ShouldBe("Failure");
        ((string?)operation["err"]).ShouldNotBeNullOrEmpty();
        await ShouldHoldNothingAsync();
    }

    [Fact]
    public async Task A_wrong_fingerprint_fails_and_leaves_nothing()
    {
        var operation = await UploadAsync(new ByteArrayContent(SampleImage.Unified()), ("X-Incus-fingerprint", new string('a', 64)));
        ((int?)operation["status_code"]).ShouldBe(400);
        ((string?)operation["err"])!.ShouldContain(new string('a', 64));
        await ShouldHoldNothingAsync();
    }

    [Theory]
    [InlineData("X-Incus-fingerprint", "abc")]
    [InlineData("X-Incus-aliases", "alias=-bad-")]
    [InlineData("X-Incus-aliases", "alias=with%20space")]
    public async Task Headers_that_make_no_sense_are_refused_at_once(string name, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images") { Content = new ByteArrayContent(SampleImage.Unified()) };
        request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Trusted.SendAsync(request, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await ShouldHoldNothingAsync();
    }

    [Fact]
    public async Task The_same_image_twice_is_a_conflict_that_names_it()
    {
        var first = await UploadAsync(new ByteArrayContent(SampleImage.Unified()));
        var second = await UploadAsync(new ByteArrayContent(SampleImage.Unified()));
        ((string?)second["status"]).ShouldBe("Failure");
        ((string?)second["err"])!.ShouldContain("exists already");
        ((string?)second["metadata"]!["fingerprint"]).ShouldBe((string?)first["metadata"]!["fingerprint"]);
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task An_alias_that_is_taken_keeps_the_image_out()
    {
        await AddAsync("1", aliases: "taken");
        var operation = await UploadAsync(new ByteArrayContent(SampleImage.Unified(SampleImage.Yaml(release: "2"))), ("X-Incus-aliases", "taken"));
        ((string?)operation["status"]).ShouldBe("Failure");
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Two_at_once_both_arrive()
    {
        var operations = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            UploadAsync(new ByteArrayContent(SampleImage.Unified(SampleImage.Yaml(release: $"{i}"))))));
        operations.ShouldAllBe(static o => (string)o["status"]! == "Success");
        (await CountAsync()).ShouldBe(8);
    }

    [Theory]
    [InlineData("Content-Length: 5000\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n", "100\r\n")]
    [InlineData("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n", "--b\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n")]
    public async Task A_body_that_breaks_off_leaves_nothing_and_the_server_goes_on(string headers, string start)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Cancellation);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /1.0/images HTTP/1.1\r\nHost: x\r\n{headers}\r\n{start}"), Cancellation);
            await socket.SendAsync(SampleImage.Unified().AsMemory(0, 100), Cancellation);
        }

        ((string?)(await UploadAsync(new ByteArrayContent(SampleImage.Unified())))["status"]).ShouldBe("Success");
        await EventuallyAsync(() => Files("tmp") == 0);
        (await CountAsync()).ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"source":{"type":"image","mode":"pull"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"source":{"type":"image","fingerprint":"a"}}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"source":{"type":"instance","name":"c1"}}""", HttpStatusCode.NotImplemented)]
    [InlineData("""{"source":{"type":"else"}}""", HttpStatusCode.BadRequest)]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    [InlineData("""{"source":{"mode":"push","fingerprint":"abc"}}""", HttpStatusCode.BadRequest)]
    public async Task A_request_for_what_the_server_cannot_do_is_an_error_that_says_so(string json, HttpStatusCode expected)
    {
        var (status, body) = await SendAsync(Trusted, "POST", "/1.0/images", json);
        status.ShouldBe(expected);
        ((string?)body["error"]).ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task There_is_no_writing_to_a_project_that_is_not_there() =>
        (await StatusAsync(Trusted, "POST", "/1.0/images?project=nowhere", """{"source":{"mode":"push","fingerprint":"FP"}}""".Replace("FP", new string('0', 64))))
            .ShouldBe(HttpStatusCode.NotFound);

    private static MultipartFormDataContent Form(string part, byte[] root, string first = "metadata") => new("some-boundary")
    {
        { new ByteArrayContent(SampleImage.Metadata()), first, "meta.file" },
        { new ByteArrayContent(root), part, "dir/root.file" },
    };

    private static async Task<HttpContent> CutAsync(HttpContent content, int bytes)
    {
        var whole = await content.ReadAsByteArrayAsync(Cancellation);
        var cut = new ByteArrayContent(whole, 0, whole.Length - bytes);
        cut.Headers.ContentType = content.Headers.ContentType;
        return cut;
    }

    private static ByteArrayContent Untyped(string type)
    {
        var content = new ByteArrayContent(SampleImage.Unified());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private async Task ShouldHoldNothingAsync()
    {
        (await CountAsync()).ShouldBe(0);
        await EventuallyAsync(() => Files("tmp") == 0 && Files("blobs") == 0);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, Cancellation);
    }
}
