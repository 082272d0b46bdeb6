using System.Runtime.InteropServices;

namespace Stapes.Hosting;

/// <summary>The limit on open files, which is also one on connections.</summary>
internal static partial class DescriptorLimit
{
    private const int OpenFiles = 7;
    private const ulong Enough = 1 << 20;

    /// <summary>
    /// Raises the soft limit to the hard one, and says how many connections leave room for files: each may read one blob, and the
    /// catalogue, logs and uploads need some. When accept fails for want of a descriptor the kernel reports the listener as readable
    /// over and over, so that a server without such a bound spins.
    /// </summary>
    public static long RaiseForConnections()
    {
        if (getrlimit(OpenFiles, out var limit) != 0)
            return 1024 / 4;
        var wanted = Math.Min(limit.Hard, Enough);
        if (limit.Soft < wanted)
        {
            var raised = limit with { Soft = wanted };
            if (setrlimit(OpenFiles, in raised) == 0)
                limit = raised;
        }

        var usable = (long)Math.Min(limit.Soft, Enough);
        return Math.Max(usable - Math.Max(usable / 4, 128), 16);
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
