using System.Globalization;
using System.Net.Sockets;

namespace Stapes.Hosting;

/// <summary>A socket that systemd made for us and listens on.</summary>
/// <param name="Descriptor">The file descriptor.</param>
/// <param name="IsUnix">It is a Unix socket: who may open it is trusted.</param>
/// <param name="IsTls">HTTPS: a TCP socket whose <c>FileDescriptorName</c> is not <c>http</c>.</param>
internal sealed record ActivatedSocket(int Descriptor, bool IsUnix, bool IsTls);

/// <summary>Socket activation: the protocol of sd_listen_fds(3).</summary>
internal static class SocketActivation
{
    private const int FirstDescriptor = 3;

    /// <summary>The sockets that were handed over; none where LISTEN_PID names another process.</summary>
    public static IReadOnlyList<ActivatedSocket> FromEnvironment()
    {
        if (Number("LISTEN_PID") != Environment.ProcessId || Number("LISTEN_FDS") is not (> 0 and var count))
            return [];
        var names = (Environment.GetEnvironmentVariable("LISTEN_FDNAMES") ?? "").Split(':');
        return [.. Enumerable.Range(0, count).Select(i => Describe(FirstDescriptor + i, i < names.Length ? names[i] : ""))];
    }

    private static ActivatedSocket Describe(int descriptor, string name)
    {
        using var handle = new SafeSocketHandle(descriptor, ownsHandle: false);
        using var socket = new Socket(handle);
        var isUnix = socket.AddressFamily == AddressFamily.Unix;
        return new(descriptor, isUnix, IsTls: !isUnix && name is not "http");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
