using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Hosting;

/// <summary>What Linux's sockets send beyond what .NET offers. The socket has been used asynchronously before, and so does not block.</summary>
internal static partial class SocketSending
{
    /// <summary>What goes by way of a buffer when the socket takes no more: .NET tells by it when the socket does again.</summary>
    private const int WaitSize = 32 << 10;

    /// <summary>What is copied for a receiver on the same machine at a time, and what is worth it.</summary>
    private const int CopySize = 256 << 10;

    // Linux, send(2).
    private const int NoSignal = 0x4000;
    private const int More = 0x8000;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;

    /// <summary>Bounds the memory of receivers that are slow: 4 MiB.</summary>
    private static readonly SemaphoreSlim Copies = new(16);

    /// <summary>Sends all bytes; those that need not go at once travel with what is sent next.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public static async ValueTask SendMoreAsync(this Socket socket, ReadOnlyMemory<byte> bytes)
    {
        var sent = (int)Math.Max(send(socket.SafeHandle, bytes.Span, (nuint)bytes.Length, NoSignal | More), 0);
        // Errors show here, and the end of the wait.
        if (sent < bytes.Length)
            await socket.SendAsync(bytes[sent..], SocketFlags.None, CancellationToken.None);
    }

    /// <summary>
    /// Sends a part of a file. The kernel takes it from the page cache itself when it goes to another machine. A receiver on the same one would
    /// then be the first to touch the bytes, and is mostly the slower side; copied, they come to it through the processor's cache.
    /// </summary>
    /// <param name="near">Whether the receiver is on the same machine.</param>
    /// <returns>False when the file ends before.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async ValueTask<bool> SendFileAsync(this Socket socket, SafeFileHandle file, long offset, int length, bool near)
    {
        for (var end = offset + length; offset < end;)
        {
            var copied = near && end - offset >= CopySize ? await TryCopyAsync(socket, file, offset) : null;
            if (copied is null)
            {
                var sent = sendfile(socket.SafeHandle, file, ref offset, (nuint)(end - offset));
                if (sent > 0)
                    continue;
                switch (sent == 0 ? 0 : Marshal.GetLastPInvokeError())
                {
                    case 0:
                        return false;
                    case Interrupted:
                        continue;
                    // Full, or a file system that cannot do this.
                    case WouldBlock or InvalidArgument or NotImplemented:
                        copied = await CopyAsync(socket, file, offset, (int)Math.Min(end - offset, WaitSize));
                        break;
                    case var error:
                        throw new SocketException(error);
                }
            }

            if (copied == 0)
                return false;
            offset += copied.Value;
        }

        return true;
    }

    /// <returns>Null when too many others are at it.</returns>
    private static async ValueTask<int?> TryCopyAsync(Socket socket, SafeFileHandle file, long offset)
    {
        if (!Copies.Wait(0))
            return null;
        try
        {
            return await CopyAsync(socket, file, offset, CopySize);
        }
        finally
        {
            Copies.Release();
        }
    }

    /// <returns>The bytes that were sent; 0 at the end of the file.</returns>
    private static async ValueTask<int> CopyAsync(Socket socket, SafeFileHandle file, long offset, int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var read = RandomAccess.Read(file, buffer.AsSpan(0, length), offset);
            return await socket.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, CancellationToken.None);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(SafeHandle socket, ReadOnlySpan<byte> bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendfile(SafeHandle socket, SafeFileHandle file, ref long offset, nuint count);
}
