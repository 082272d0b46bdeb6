using System.Text;
using CsCheck;
using Stapes.Core;
using Stapes.Protocols.Incus.Server;

namespace Stapes.Tests.Protocols.Incus.Server;

public class MultipartBodyTests
{
    private const string Type = "multipart/form-data; boundary=BOUND";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parts_are_read_one_after_the_other()
    {
        using var body = Open(Form(("metadata", "m.tar", "first"), ("rootfs", "r.img", "second")));
        var first = (await body.NextAsync(Cancellation))!;
        (first.Name, first.FileName).ShouldBe(("metadata", "m.tar"));
        (await TextAsync(first)).ShouldBe("first");
        var second = (await body.NextAsync(Cancellation))!;
        (second.Name, second.FileName).ShouldBe(("rootfs", "r.img"));
        (await TextAsync(second)).ShouldBe("second");
        (await body.NextAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_part_that_was_not_read_is_skipped()
    {
        using var body = Open(Form(("a", "", new string('x', 1 << 20)), ("b", "", "here")));
        await body.NextAsync(Cancellation);
        (await TextAsync((await body.NextAsync(Cancellation))!)).ShouldBe("here");
    }

    /// <summary>Bytes that often look like a boundary, in pieces of any size.</summary>
    [Fact]
    public void Whatever_is_in_a_part_comes_out_however_the_body_arrives() => Gen.Select(
            Gen.OneOfConst("\r\n--BOUN", "\r\n--", "\r", "\n", "--BOUND", "x", "\r\r\n-", "D--\r\n").Array[0, 40], Gen.Int[1, 50], Gen.Int[1, 50])
        .Sample((pieces, sent, read) =>
        {
            var content = string.Concat(pieces);
            if (content.Contains("\r\n--BOUND"))
                return;
            using var body = new MultipartBody(new PieceStream(Form(("a", "f", content), ("b", "", "end")), sent), Type);
            var part = body.NextAsync(Cancellation).AsTask().GetAwaiter().GetResult()!;
            TextAsync(part, read).GetAwaiter().GetResult().ShouldBe(content);
            TextAsync(body.NextAsync(Cancellation).AsTask().GetAwaiter().GetResult()!, read).GetAwaiter().GetResult().ShouldBe("end");
            body.NextAsync(Cancellation).AsTask().GetAwaiter().GetResult().ShouldBeNull();
        }, iter: 500);

    [Theory]
    [InlineData("--BOUND\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncontent", "a")]
    [InlineData("--BOUND\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncontent\r\n--BOUN", "a")]
    public async Task A_body_that_breaks_off_in_a_part_is_invalid(string text, string name)
    {
        using var body = Open(Encoding.UTF8.GetBytes(text));
        var part = (await body.NextAsync(Cancellation))!;
        part.Name.ShouldBe(name);
        (await Should.ThrowAsync<StapesException>(() => TextAsync(part))).Kind.ShouldBe(ErrorKind.Invalid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no form")]
    [InlineData("--BOUND")]
    [InlineData("--BOUND\r\nContent-Disposition: form-data")]
    public async Task A_body_that_is_no_form_is_invalid(string text)
    {
        using var body = Open(Encoding.UTF8.GetBytes(text));
        (await Should.ThrowAsync<StapesException>(() => body.NextAsync(Cancellation).AsTask())).Kind.ShouldBe(ErrorKind.Invalid);
    }

    [Fact]
    public async Task A_header_without_end_is_not_kept()
    {
        using var body = Open([.. "--BOUND\r\n"u8, .. Enumerable.Repeat((byte)'x', 100_000)]);
        (await Should.ThrowAsync<StapesException>(() => body.NextAsync(Cancellation).AsTask())).Message.ShouldContain("header");
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("nonsense")]
    [InlineData(null)]
    public void A_type_without_a_boundary_is_invalid(string? type) =>
        Should.Throw<StapesException>(() => new MultipartBody(new MemoryStream(), type)).Kind.ShouldBe(ErrorKind.Invalid);

    [Theory]
    [InlineData("name=\"a\"; filename=\"dir/file\"", "a", "file")]
    [InlineData("name=a; filename=file", "a", "file")]
    [InlineData("name=\"a\"; filename=\"ü\\\"x\"", "a", "ü\"x")]
    [InlineData("filename=\"file\"", "", "file")]
    [InlineData("name=\"a\"", "a", "")]
    public async Task Names_are_what_the_sender_gave(string disposition, string name, string fileName)
    {
        using var body = Open(Encoding.UTF8.GetBytes($"--BOUND\r\ncontent-disposition: form-data; {disposition}\r\n\r\n\r\n--BOUND--"));
        var part = (await body.NextAsync(Cancellation))!;
        (part.Name, part.FileName).ShouldBe((name, fileName));
    }

    private static MultipartBody Open(byte[] bytes) => new(new MemoryStream(bytes), Type);

    private static byte[] Form(params (string Name, string File, string Content)[] parts)
    {
        var text = new StringBuilder();
        foreach (var (name, file, content) in parts)
            text.Append($"--BOUND\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n{content}\r\n");
        return Encoding.UTF8.GetBytes($"{text}--BOUND--\r\n");
    }

    private static async Task<string> TextAsync(Stream stream, int piece = 4096)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, piece, Cancellation);
        return Encoding.UTF8.GetString(copy.ToArray());
    }

    /// <summary>As a network that delivers so many bytes at a time.</summary>
    private sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
