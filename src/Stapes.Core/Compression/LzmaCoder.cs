namespace Stapes.Core.Compression;

/// <summary>One encoder or decoder of liblzma: bytes in, bytes out, and a status.</summary>
internal sealed unsafe class LzmaCoder : IDisposable
{
    private readonly LzmaHandle _handle = new();

    private LzmaCoder()
    {
    }

    /// <exception cref="StapesException"><see cref="ErrorKind.Unavailable"/>: no liblzma, or no memory for it.</exception>
    public static LzmaCoder Decoder(CompressionFormat format, int threads) => Create(handle => format switch
    {
        CompressionFormat.Lzma => LibLzma.AloneDecoder(handle.Stream, Decompressor.MemoryLimit),
        _ when threads > 1 => ThreadedDecoder(handle, threads),
        _ => LibLzma.StreamDecoder(handle.Stream, Decompressor.MemoryLimit, LibLzma.Concatenated),
    });

    /// <inheritdoc cref="Decoder"/>
    public static LzmaCoder Encoder(int preset) =>
        Create(handle => LibLzma.EasyEncoder(handle.Stream, (uint)preset, LibLzma.CheckCrc64));

    /// <summary>Takes some of the input and makes some output, as far as both go.</summary>
    public LzmaStatus Step(ReadOnlySpan<byte> input, Span<byte> output, LzmaAction action, out int consumed, out int written)
    {
        var stream = _handle.Stream;
        fixed (byte* from = input, to = output)
        {
            stream->NextIn = from;
            stream->AvailableIn = (nuint)input.Length;
            stream->NextOut = to;
            stream->AvailableOut = (nuint)output.Length;
            var status = LibLzma.Code(stream, action);
            consumed = input.Length - (int)stream->AvailableIn;
            written = output.Length - (int)stream->AvailableOut;
            stream->NextIn = null;
            stream->NextOut = null;
            return status;
        }
    }

    /// <summary>A status that only a mistake of ours can cause.</summary>
    public static InvalidOperationException Unexpected(LzmaStatus status) => new($"liblzma answered with the status {(int)status}");

    public void Dispose() => _handle.Dispose();

    private static LzmaCoder Create(Func<LzmaHandle, LzmaStatus> start)
    {
        var coder = new LzmaCoder();
        try
        {
            var status = start(coder._handle);
            if (status != LzmaStatus.Ok)
                throw status == LzmaStatus.OutOfMemory ? CompressionFaults.OutOfMemory() : Unexpected(status);
            return coder;
        }
        catch (DllNotFoundException e)
        {
            coder.Dispose();
            throw CompressionFaults.NoLibLzma(e);
        }
        catch
        {
            coder.Dispose();
            throw;
        }
    }

    private static LzmaStatus ThreadedDecoder(LzmaHandle handle, int threads)
    {
        var options = new LzmaThreading
        {
            Flags = LibLzma.Concatenated,
            Threads = (uint)threads,
            MemoryLimitForThreads = Decompressor.MemoryLimit,
            MemoryLimit = Decompressor.MemoryLimit,
        };
        try
        {
            return LibLzma.ThreadedStreamDecoder(handle.Stream, &options);
        }
        catch (EntryPointNotFoundException)
        {
            return LibLzma.StreamDecoder(handle.Stream, Decompressor.MemoryLimit, LibLzma.Concatenated);
        }
    }
}
