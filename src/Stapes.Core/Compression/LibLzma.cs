using System.Runtime.InteropServices;

namespace Stapes.Core.Compression;

/// <summary>The part of liblzma's C interface that is used here (lzma/base.h and lzma/container.h of liblzma 5.2 and later).</summary>
internal static unsafe partial class LibLzma
{
    /// <summary>LZMA_CONCATENATED: go on with the next stream behind one, past padding.</summary>
    public const uint Concatenated = 0x08;

    /// <summary>LZMA_CHECK_CRC64.</summary>
    public const uint CheckCrc64 = 4;

    private const string Library = "liblzma.so.5";

    [LibraryImport(Library, EntryPoint = "lzma_stream_decoder")]
    public static partial LzmaStatus StreamDecoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    /// <summary>Since liblzma 5.4.</summary>
    [LibraryImport(Library, EntryPoint = "lzma_stream_decoder_mt")]
    public static partial LzmaStatus ThreadedStreamDecoder(LzmaStream* stream, LzmaThreading* options);

    [LibraryImport(Library, EntryPoint = "lzma_alone_decoder")]
    public static partial LzmaStatus AloneDecoder(LzmaStream* stream, ulong memoryLimit);

    [LibraryImport(Library, EntryPoint = "lzma_easy_encoder")]
    public static partial LzmaStatus EasyEncoder(LzmaStream* stream, uint preset, uint check);

    [LibraryImport(Library, EntryPoint = "lzma_code")]
    public static partial LzmaStatus Code(LzmaStream* stream, LzmaAction action);

    [LibraryImport(Library, EntryPoint = "lzma_end")]
    public static partial void End(LzmaStream* stream);
}

/// <summary>lzma_ret.</summary>
internal enum LzmaStatus
{
    Ok = 0,
    StreamEnd = 1,
    OutOfMemory = 5,
    OverMemoryLimit = 6,
    WrongFormat = 7,
    UnsupportedOptions = 8,
    CorruptData = 9,
    NoProgress = 10,
    ProgrammingError = 11,
}

/// <summary>lzma_action.</summary>
internal enum LzmaAction
{
    Run = 0,
    Finish = 3,
}

/// <summary>lzma_stream.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaStream
{
    public byte* NextIn;
    public nuint AvailableIn;
    public ulong TotalIn;
    public byte* NextOut;
    public nuint AvailableOut;
    public ulong TotalOut;
    private readonly void* _allocator;
    private readonly void* _internal;
    private fixed ulong _reserved[9];

    public readonly bool IsInitialized => _internal is not null;
}

/// <summary>lzma_mt.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaThreading
{
    public uint Flags;
    public uint Threads;
    private readonly ulong _blockSize;
    private readonly uint _timeout;
    private readonly uint _preset;
    private readonly void* _filters;
    private fixed uint _checkAndReserved[8];
    public ulong MemoryLimitForThreads;
    public ulong MemoryLimit;
    private fixed ulong _reserved[6];
}
