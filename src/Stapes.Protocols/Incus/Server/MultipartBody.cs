using System.Buffers;
using System.Text;
using Microsoft.Net.Http.Headers;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Reads a form of several parts (RFC 7578, RFC 2046 section 5.1) one after the other, without holding any of them: the bytes of a part
/// are searched for the boundary while they pass.
/// </summary>
internal sealed class MultipartBody : IDisposable
{
    private const int LargestHeader = 16 << 10;
    private const int LongestBoundary = 200;

    private readonly Stream body;
    private readonly byte[] delimiter;
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 18);

    // What was read and not yet given out: buffer[start..end]. Its first `clear` bytes belong to the part; where `found`, the delimiter follows.
    private int start;
    private int end;
    private int clear;
    private bool found;

    /// <exception cref="StapesException">Invalid: the content type names no boundary.</exception>
    public MultipartBody(Stream body, string? contentType)
    {
        this.body = body;
        var boundary = MediaTypeHeaderValue.TryParse(contentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        if (boundary.Length is 0 or > LongestBoundary)
            throw Invalid($"the content type \"{contentType}\" names no boundary");
        delimiter = Encoding.UTF8.GetBytes($"\r\n--{boundary}");
        // The first boundary needs no line before it.
        "\r\n"u8.CopyTo(buffer);
        end = 2;
    }

    /// <summary>The next part; null at the end. What is left of the one before is skipped.</summary>
    /// <exception cref="StapesException">Invalid: the body is no form, or breaks off.</exception>
    public async ValueTask<MultipartPart?> NextAsync(CancellationToken cancellation)
    {
        while (await FindAsync(cancellation) > 0)
            Skip(clear);
        Skip(delimiter.Length);
        found = false;
        var header = await ReadHeaderAsync(cancellation);
        return header is null ? null : new(header, this);
    }

    /// <summary>Bytes of the present part; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellation)
    {
        var length = Math.Min(await FindAsync(cancellation), target.Length);
        buffer.AsMemory(start, length).CopyTo(target);
        Skip(length);
        return length;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private static StapesException Invalid(string why) => new(ErrorKind.Invalid, $"The multipart body cannot be read: {why}");

    private void Skip(int length)
    {
        start += length;
        clear = Math.Max(clear - length, 0);
    }

    /// <summary>How many bytes at the start of the buffer belong to the part; 0 only at its end.</summary>
    private async ValueTask<int> FindAsync(CancellationToken cancellation)
    {
        while (clear == 0 && !found)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf(delimiter);
            found = at >= 0;
            // Without one, the last bytes may be the beginning of one.
            clear = found ? at : Math.Max(end - start - delimiter.Length + 1, 0);
            if (clear == 0 && !found)
                await FillAsync(cancellation);
        }

        return clear;
    }

    /// <summary>The lines after a delimiter up to an empty one; null after the last delimiter.</summary>
    private async ValueTask<string?> ReadHeaderAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var span = buffer.AsMemory(start, end - start);
            if (span.Span.StartsWith("--"u8))
                return null;
            var length = span.Span.IndexOf("\r\n\r\n"u8);
            if (length >= 0)
            {
                Skip(length + 4);
                return Encoding.UTF8.GetString(span.Span[..length]);
            }

            if (span.Length > LargestHeader)
                throw Invalid($"the header of a part is longer than {LargestHeader} bytes");
            await FillAsync(cancellation);
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        var read = await ReadBodyAsync(cancellation);
        if (read == 0)
            throw Invalid("it breaks off before its last boundary; send it again");
        end += read;
    }

    private async ValueTask<int> ReadBodyAsync(CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer.AsMemory(end), cancellation);
        }
        catch (IOException e)
        {
            throw Invalid($"it breaks off ({e.Message.ReplaceLineEndings(" ")}); send it again");
        }
    }
}

/// <summary>A part of a form; a stream over its bytes, which leaves the form open.</summary>
internal sealed class MultipartPart : Stream
{
    private readonly MultipartBody body;

    public MultipartPart(string header, MultipartBody body)
    {
        this.body = body;
        var line = header.Split("\r\n").FirstOrDefault(static l => l.StartsWith("Content-Disposition:", StringComparison.OrdinalIgnoreCase));
        if (!ContentDispositionHeaderValue.TryParse(line?[(line.IndexOf(':') + 1)..], out var disposition))
            return;
        Name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        var fileName = disposition.FileNameStar.HasValue
            ? disposition.FileNameStar
            : HeaderUtilities.UnescapeAsQuotedString(disposition.FileName);
        FileName = fileName.ToString().Split('/')[^1];
    }

    /// <summary>The name of the field.</summary>
    public string Name { get; } = "";

    /// <summary>The name of the file that was sent, without directories; may be empty.</summary>
    public string FileName { get; } = "";

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => body.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Uploads are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
