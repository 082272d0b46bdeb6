using System.IO.Compression;
using SharpCompress.Common;
using SharpCompress.Compressors.BZip2;
using ZstdSharp;
using ZstdSharp.Unsafe;
using SharpMode = SharpCompress.Compressors.CompressionMode;

namespace Stapes.Core.Compression;

/// <summary>
/// gzip, bzip2 and zstd, decoded by managed libraries. What it adds to them: nothing is read before the first read, one kind of error,
/// and an error for every truncated file.
/// </summary>
internal sealed class LibraryDecodeStream(CompressionFormat format, SourceStream source) : ForwardStream
{
    /// <summary>Set in Directory.Build.props: without it GZipStream takes a truncated file for a shorter one.</summary>
    private const string StrictGzip = "System.IO.Compression.UseStrictValidation";

    private Stream? _decoder;
    private StapesException? _failure;

    public override int Read(Span<byte> buffer)
    {
        ThrowIfFailed();
        if (buffer.IsEmpty)
            return 0;
        try
        {
            _decoder ??= CreateDecoder();
            return Checked(_decoder.Read(buffer));
        }
        catch (Exception e) when (IsDecodingFailure(e))
        {
            throw _failure = Translate(e);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        if (buffer.IsEmpty)
            return 0;
        try
        {
            _decoder ??= await CreateDecoderAsync(cancellationToken);
            return Checked(await _decoder.ReadAsync(buffer, cancellationToken));
        }
        catch (Exception e) when (IsDecodingFailure(e))
        {
            throw _failure = Translate(e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_decoder is not null)
            await _decoder.DisposeAsync();
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder?.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool IsDecodingFailure(Exception e) =>
        e is InvalidDataException or EndOfStreamException or SharpCompressException or ZstdException or IndexOutOfRangeException;

    private Stream CreateDecoder()
    {
        switch (format)
        {
            case CompressionFormat.Bzip2:
                return BZip2Stream.Create(source, SharpMode.Decompress, decompressConcatenated: true, leaveOpen: true);
            case CompressionFormat.Zstd:
                return new DecompressionStream(source);
            default:
                if (!AppContext.TryGetSwitch(StrictGzip, out var strict) || !strict)
                    throw new InvalidOperationException($"This program was built without {StrictGzip}, which reading gzip needs");
                return new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
        }
    }

    private async ValueTask<Stream> CreateDecoderAsync(CancellationToken cancellationToken) =>
        format is CompressionFormat.Bzip2
            ? await BZip2Stream.CreateAsync(
                source, SharpMode.Decompress, decompressConcatenated: true, leaveOpen: true, cancellationToken: cancellationToken)
            : CreateDecoder();

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            throw _failure;
    }

    private int Checked(int count)
    {
        if (count > 0)
            return count;
        var complete = format switch
        {
            CompressionFormat.Bzip2 => Bzip2Footer.Ends(source.Tail),
            _ => !source.IsEmpty,
        };
        if (!complete)
            throw _failure = CompressionFaults.Truncated(format);
        return 0;
    }

    private StapesException Translate(Exception e) => e switch
    {
        ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge } =>
            CompressionFaults.NeedsMemory(format, "a window of 128 MiB"),
        _ when source.AtEnd => CompressionFaults.Truncated(format, e),
        _ => CompressionFaults.Corrupt(format, e),
    };
}
