using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Stapes.Hosting;

/// <summary>Metrics in Prometheus' text format, version 0.0.4.</summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static async Task<string> RenderAsync(ServerMetrics metrics, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        Head(text, "stapes_requests_total", "counter", "Finished requests.");
        foreach (var ((protocol, status), count) in metrics.Requests.OrderBy(r => r.Key))
            text.Append(CultureInfo.InvariantCulture, $"stapes_requests_total{{protocol=\"{protocol}\",status=\"{status}\"}} {count}\n");
        One(text, "stapes_sent_bytes_total", "counter", "Bytes of response bodies.", metrics.SentBytes);
        One(text, "stapes_connections", "gauge", "Open connections.", metrics.Connections);
        One(text, "stapes_requests_running", "gauge", "Requests that are being answered.", metrics.RunningRequests);
        foreach (var gauge in metrics.Gauges)
        {
            if (await TryReadAsync(gauge, cancellation) is { } value)
                One(text, gauge.Name, "gauge", gauge.Help, value);
        }

        using var process = Process.GetCurrentProcess();
        One(text, "process_resident_memory_bytes", "gauge", "Resident memory.", process.WorkingSet64);
        One(text, "process_cpu_seconds_total", "counter", "User and system time.", process.TotalProcessorTime.TotalSeconds);
        One(text, "process_start_time_seconds", "gauge", "Start, in Unix time.", (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        One(text, "process_open_fds", "gauge", "Open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        return text.ToString();
    }

    private static async ValueTask<double?> TryReadAsync(Gauge gauge, CancellationToken cancellation)
    {
        try
        {
            return await gauge.Read(cancellation);
        }
        catch (Core.StapesException)
        {
            return null;
        }
    }

    private static void One(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
