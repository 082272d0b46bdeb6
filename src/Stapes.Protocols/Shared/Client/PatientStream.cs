using System.Diagnostics;
using System.Globalization;
using Stapes.Core.Compression;

namespace Stapes.Protocols.Shared.Client;

/// <summary>A body that must keep coming. Only the time counts in which somebody waits for it.</summary>
internal sealed class PatientStream(Stream body, HttpPatience patience, string server) : ForwardStream
{
    private CancellationTokenSource? idle;
    private CancellationToken linked;
    private TimeSpan waited;
    private long came;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (idle is null || linked != cancellationToken)
        {
            idle?.Dispose();
            idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            linked = cancellationToken;
        }

        idle.CancelAfter(patience.Idle);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var read = await body.ReadAsync(buffer, idle.Token);
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            Judge(Stopwatch.GetElapsedTime(start), read);
            return read;
        }
        catch (IOException e)
        {
            throw TransportFailure.Broken(e, server);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokenConnectionException($"{server} stopped sending: nothing came for {Seconds(patience.Idle)}; try again, or look at its log", e);
        }
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Bodies of answers are read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            idle?.Dispose();
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Judge(TimeSpan time, int read)
    {
        waited += time;
        came += read;
        if (waited < patience.Window)
            return;
        if (read > 0 && came < patience.Rate * waited.TotalSeconds)
            throw new BrokenConnectionException($"{server} is too slow: {came.ToString(CultureInfo.InvariantCulture)} bytes came in {Seconds(waited)}; try again later, or another server");
        (waited, came) = (default, 0);
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds";
}
