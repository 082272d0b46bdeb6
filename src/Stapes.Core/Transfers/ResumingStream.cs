using System.Globalization;
using Stapes.Core.Compression;

namespace Stapes.Core.Transfers;

/// <summary>
/// The bytes of a remote file from an offset to its end, over as many connections as it takes. It ends only where the file does: at the
/// size that is known beforehand, or else at the one that the server announced.
/// </summary>
internal sealed class ResumingStream(RemoteFile file, long start, RetryPolicy retry) : ForwardStream
{
    /// <summary>Fewer bytes than these do not count as progress: a connection that breaks after each of them would never let go.</summary>
    private const long Progress = 64 << 10;

    private readonly long begin = start;
    private RemoteBody? body;
    private string? validator;
    private long? total = file.Size;
    private long position = start;
    private long progressAt = start;
    private int failures;

    /// <summary>Whether the bytes come out of several pieces, so that they may be of two versions of the file.</summary>
    public bool WasContinued { get; private set; } = start > 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (position != total || body is null)
        {
            // Nothing is left to ask for of a file that is there to its last byte.
            if (position == total && position > 0)
                return 0;
            try
            {
                body ??= await OpenAsync(cancellationToken);
                var read = await ReadSomeAsync(body, buffer, cancellationToken);
                if (read > 0)
                    return read;
            }
            catch (Exception e) when (IsTransient(e))
            {
                await RetryLaterAsync(e, cancellationToken);
            }
        }

        return await ReadBeyondAsync(body, cancellationToken);
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Remote files are read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body?.Dispose();
        base.Dispose(disposing);
    }

    private static bool IsTransient(Exception e) => e is IOException or (StapesException { Kind: ErrorKind.Unavailable } and not OtherBytesException);

    private async Task<RemoteBody> OpenAsync(CancellationToken cancellation)
    {
        var opened = await file.OpenAsync(position, validator, cancellation);
        try
        {
            RequireSize(opened);
            validator = opened.Validator;
            WasContinued |= position > begin;
            await SkipAsync(opened.Content, position - opened.Offset, cancellation);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private void RequireSize(RemoteBody opened)
    {
        if (file.Size is { } stated && opened.Total is { } announced && stated != announced)
            throw new StapesException(ErrorKind.Invalid, $"{file.Name} has {Bytes(announced)} on the server, but its index says {Bytes(stated)}; nothing was kept of the answer, try again when the server has been put right");
        if (opened.Offset > position)
            throw new IOException($"the server left out {Bytes(opened.Offset - position)}");
        total = file.Size ?? opened.Total;
        if (position > total)
            throw new OtherBytesException($"{file.Name} has only {Bytes(total.Value)} on the server, of which {Bytes(position)} came; try again");
    }

    private async Task<int> ReadSomeAsync(RemoteBody from, Memory<byte> buffer, CancellationToken cancellation)
    {
        // Never more than the file has: what comes beyond is looked at by itself.
        var wanted = (int)Math.Min(buffer.Length, (total ?? long.MaxValue) - position);
        var read = wanted == 0 ? 0 : await from.Content.ReadAsync(buffer[..wanted], cancellation);
        position += read;
        if (position - progressAt >= Progress)
        {
            progressAt = position;
            failures = 0;
        }

        if (read == 0 && total is null)
            total = position;
        return read > 0 || position == total ? read : throw new IOException("it ended early");
    }

    private async Task<int> ReadBeyondAsync(RemoteBody from, CancellationToken cancellation)
    {
        try
        {
            return await from.Content.ReadAsync(new byte[1], cancellation) == 0
                ? 0
                : throw new OtherBytesException($"{file.Name} does not end on the server after the {Bytes(position)} that it should have; nothing was kept");
        }
        catch (Exception e) when (IsTransient(e))
        {
            // All bytes are there; how the connection ends does not matter.
            return 0;
        }
    }

    private static async Task SkipAsync(Stream content, long count, CancellationToken cancellation)
    {
        var scratch = count == 0 ? [] : new byte[Math.Min(count, 1 << 18)];
        for (var left = count; left > 0;)
        {
            var read = await content.ReadAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, left)), cancellation);
            left -= read > 0 ? read : throw new IOException("it ended early");
        }
    }

    private async Task RetryLaterAsync(Exception e, CancellationToken cancellation)
    {
        body?.Dispose();
        body = null;
        if (++failures >= retry.Attempts)
        {
            var done = position == 0 ? "" : $" after {Bytes(position)}{(total is { } all ? $" of {all.ToString(CultureInfo.InvariantCulture)}" : "")}";
            var kept = position == 0 ? "try again later" : "what came is kept, the same command continues there";
            throw new StapesException(ErrorKind.Unavailable, $"Fetching {file.Name} failed{done}, {failures} times in a row: {OneLine(e)}; {kept}", e);
        }

        await Task.Delay(retry.DelayAfter(failures), cancellation);
    }

    private static string Bytes(long count) => $"{count.ToString(CultureInfo.InvariantCulture)} bytes";

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
