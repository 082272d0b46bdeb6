using System.Runtime.InteropServices;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Remotes;

/// <summary>
/// The certificates of the machine as .NET reads them: all of them, several hundred files, before the first chain that is built in a
/// process, also one that has other roots. The clients of <see cref="HttpClients"/> have no use for them, which look for the few that they need.
/// </summary>
internal static partial class PlatformStore
{
    private const string Nothing = "/dev/null";

    /// <summary>
    /// Has .NET find none, for the rest of the process. For programs that connect by <see cref="HttpClients"/> alone: to everything else no
    /// server is trustworthy then. To be called before there are threads that could read the environment.
    /// </summary>
    public static void LeaveUnread()
    {
        // .NET makes its own copy of the environment now: what we read, and what programs that we start get, stays as it is.
        _ = Environment.GetEnvironmentVariables();
        _ = setenv("SSL_CERT_FILE", Nothing, overwrite: 1);
        _ = setenv("SSL_CERT_DIR", Nothing, overwrite: 1);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
