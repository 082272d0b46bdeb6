using System.Globalization;
using System.Net.Sockets;

namespace Stapes.Hosting;

/// <summary>Tells systemd how the service is: the protocol of sd_notify(3). Does nothing under any other parent.</summary>
internal sealed class ServiceManager : IDisposable
{
    private readonly Socket? socket;

    private ServiceManager(Socket? socket, TimeSpan? watchdog)
    {
        this.socket = socket;
        Watchdog = watchdog;
    }

    /// <summary>How often <see cref="NotifyAlive"/> is expected; null: never.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Reads NOTIFY_SOCKET and WATCHDOG_USEC, and removes them: no child process should speak in our name.</summary>
    public static ServiceManager FromEnvironment()
    {
        var path = Take("NOTIFY_SOCKET");
        var watchdog = Take("WATCHDOG_USEC");
        var watched = Take("WATCHDOG_PID");
        if (path is not ['/' or '@', ..])
            return new(null, null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            // A leading @ stands for the NUL of the abstract namespace.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            socket.Dispose();
            return new(null, null);
        }

        var isOurs = watched is null || watched == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var interval = isOurs && long.TryParse(watchdog, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : (TimeSpan?)null;
        return new(socket, interval);
    }

    public void NotifyReady() => Send("READY=1");

    public void NotifyStopping() => Send("STOPPING=1");

    public void NotifyAlive() => Send("WATCHDOG=1");

    public void Dispose() => socket?.Dispose();

    private void Send(string state)
    {
        try
        {
            socket?.Send(System.Text.Encoding.ASCII.GetBytes(state));
        }
        catch (SocketException)
        {
            // Its manager is gone; the service goes on.
        }
    }

    private static string? Take(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }
}
