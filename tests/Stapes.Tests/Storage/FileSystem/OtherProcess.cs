using System.Diagnostics;

namespace Stapes.Tests.Storage.FileSystem;

/// <summary>Another process that holds a lock of a file, taken with flock(1), until it is released or killed, as with kill -9.</summary>
internal sealed class OtherProcess : IDisposable
{
    private readonly Process process;

    private OtherProcess(Process process) => this.process = process;

    public static async Task<OtherProcess> LockAsync(string path, CancellationToken cancellation, bool shared = false)
    {
        // With --no-fork the shell itself holds the lock.
        string[] arguments = [shared ? "--shared" : "--exclusive", "--no-fork", path, "sh", "-c", "echo locked; read line"];
        var start = new ProcessStartInfo("flock", arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        (await process.StandardOutput.ReadLineAsync(cancellation)).ShouldBe("locked");
        return new(process);
    }

    /// <summary>Lets it end by itself.</summary>
    public void Release() => process.StandardInput.Close();

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
    }
}
