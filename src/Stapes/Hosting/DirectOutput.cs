using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Stapes.Protocols.Shared;

namespace Stapes.Hosting;

/// <summary>
/// What a connection sends, written straight to a socket or to the TLS stream over one, on the thread that has the bytes. Kestrel's own
/// output is a pipe that another task empties: one more copy of every byte, and a change of tasks for every record.
/// As with a pipe, a connection that broke is no error of a flush but its end.
/// </summary>
/// <param name="socket">The connection's own.</param>
/// <param name="tls">What encrypts the bytes on their way to the socket; null when they go there as they are.</param>
/// <param name="pool">Gives blocks, which are held only between the first byte and the flush.</param>
/// <param name="abort">Ends the connection after a failed write.</param>
internal sealed class DirectOutput(Socket socket, Stream? tls, MemoryPool<byte> pool, Action abort) : PipeWriter, IReadyOutput
{
    /// <summary>The bytes of a full TLS record.</summary>
    private const int RecordSize = 16 << 10;

    // Linux, tcp(7).
    private const int TcpLevel = 6;
    private const int TcpCork = 3;
    private static readonly byte[] On = [1, 0, 0, 0];
    private static readonly byte[] Off = [0, 0, 0, 0];

    // Never touched, so that it takes no memory.
    private static readonly byte[] FilePlace = GC.AllocateUninitializedArray<byte>(1 << 20, pinned: true);

    private readonly bool near = socket is not { RemoteEndPoint: IPEndPoint remote, LocalEndPoint: IPEndPoint local } || remote.Address.Equals(local.Address);
    private readonly List<Piece> pieces = [];
    private IMemoryOwner<byte>? block;
    private Memory<byte> memory;
    private int filled;
    private long unflushed;
    private Memory<byte> offered;
    private FilePart? offeredFile;
    private bool handedOut;
    private bool ended;
    private Task writing = Task.CompletedTask;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => unflushed;

    public int LargestFilePart => tls is null ? FilePlace.Length : 0;

    public void Offer(Memory<byte> bytes) => (offered, offeredFile) = (bytes, null);

    public Memory<byte> Offer(SafeFileHandle file, long offset, int length)
    {
        (offered, offeredFile) = (FilePlace.AsMemory(0, length), new(file, offset, length));
        return offered;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > 0 && sizeHint == offered.Length)
        {
            handedOut = true;
            return offered;
        }

        var needed = Math.Max(sizeHint, 1);
        if (memory.Length - filled < needed)
            NextBlock(needed);
        return memory[filled..];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        unflushed += bytes;
        if (!handedOut)
        {
            filled += bytes;
            return;
        }

        var (body, file) = (offered[..bytes], offeredFile);
        (offered, offeredFile, handedOut) = (default, null, false);
        if (file is not null)
        {
            CloseBlock();
            pieces.Add(new(null, default, file with { Length = bytes }));
            return;
        }

        // What stands before, the header of the answer, becomes a full record with the beginning of the body.
        var beginning = filled == 0 || tls is null ? 0 : Math.Min(Math.Min(RecordSize - (filled % RecordSize), memory.Length - filled), body.Length);
        body[..beginning].CopyTo(memory[filled..]);
        filled += beginning;
        CloseBlock();
        pieces.Add(new(null, body[beginning..]));
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CloseBlock();
        return pieces.Count == 0 ? new(Result) : WaitAsync(SendPiecesAsync());
    }

    /// <summary>Bytes that need not be kept: a TLS record.</summary>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (filled > 0 || pieces.Count > 0 || tls is not null)
        {
            this.Write(source.Span);
            return FlushAsync(cancellationToken);
        }

        return WaitAsync(SendAsync(source));
    }

    /// <summary>Waits for a flush that nobody waited for, and takes nothing more.</summary>
    public async ValueTask EndAsync()
    {
        await writing;
        Complete();
    }

    public override void Complete(Exception? exception = null)
    {
        ended = true;
        if (!writing.IsCompleted)
            return;
        CloseBlock();
        Release();
    }

    /// <summary>Nothing that was half written can be taken back; the flush goes on.</summary>
    public override void CancelPendingFlush()
    {
    }

    private FlushResult Result => new(isCanceled: false, isCompleted: ended);

    private ValueTask<FlushResult> WaitAsync(ValueTask sending)
    {
        if (sending.IsCompletedSuccessfully)
            return new(Result);
        var task = sending.AsTask();
        writing = task;
        return Await(task);

        async ValueTask<FlushResult> Await(Task task)
        {
            await task;
            return Result;
        }
    }

    // Nothing here is ever cancelled: half a record is worth nothing, and what ends the connection ends the write.
    private async ValueTask SendPiecesAsync()
    {
        try
        {
            if (ended)
                return;
            if (tls is not null)
                await EncryptAsync(tls);
            else if (pieces is [.., { File: not null }])
                await SendFilesAsync();
            else if (pieces is [var only])
                await socket.SendAsync(only.Bytes, SocketFlags.None, CancellationToken.None);
            else
                await socket.SendAsync(pieces.ConvertAll(static p => p.Segment), SocketFlags.None);
        }
        catch (Exception e) when (IsBroken(e))
        {
            Break();
        }
        finally
        {
            Release();
        }
    }

    // The header of the answer, if it still has to go, and the part of the file.
    private async ValueTask SendFilesAsync()
    {
        foreach (var (_, bytes, file) in pieces)
        {
            if (file is null)
                await socket.SendMoreAsync(bytes);
            else if (!await socket.SendFileAsync(file.Handle, file.Offset, file.Length, near))
                Break();
        }
    }

    private async ValueTask EncryptAsync(Stream stream)
    {
        // Each record is a call of the system. Held back until the last one, they travel together, and wake the receiver once.
        var cork = pieces.Sum(static p => p.Bytes.Length) > RecordSize;
        if (cork)
            socket.SetRawSocketOption(TcpLevel, TcpCork, On);
        foreach (var piece in pieces)
            await stream.WriteAsync(piece.Bytes, CancellationToken.None);
        if (cork)
            socket.SetRawSocketOption(TcpLevel, TcpCork, Off);
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (!ended && !bytes.IsEmpty)
                await socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None);
        }
        catch (Exception e) when (IsBroken(e))
        {
            Break();
        }
    }

    private static bool IsBroken(Exception e) => e is IOException or SocketException or ObjectDisposedException or InvalidOperationException;

    private void Break()
    {
        ended = true;
        abort();
    }

    private void NextBlock(int needed)
    {
        CloseBlock();
        if (needed <= pool.MaxBufferSize)
        {
            block = pool.Rent(needed);
            memory = block.Memory;
        }
        else
        {
            memory = new byte[needed];
        }
    }

    private void CloseBlock()
    {
        if (filled > 0)
            pieces.Add(new(block, memory[..filled]));
        else
            block?.Dispose();
        (block, memory, filled, unflushed) = (null, default, 0, 0);
    }

    private void Release()
    {
        foreach (var piece in pieces)
            piece.Owner?.Dispose();
        pieces.Clear();
    }

    private sealed record FilePart(SafeFileHandle Handle, long Offset, int Length);

    private readonly record struct Piece(IMemoryOwner<byte>? Owner, ReadOnlyMemory<byte> Bytes, FilePart? File = null)
    {
        public ArraySegment<byte> Segment => MemoryMarshal.TryGetArray(Bytes, out var segment) ? segment : Bytes.ToArray();
    }
}
