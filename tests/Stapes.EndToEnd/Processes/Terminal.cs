using System.Diagnostics;
using System.Text;

namespace Stapes.EndToEnd.Processes;

/// <summary>A program on a terminal of a certain width: its streams are a real one, which script(1) makes.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder raw = new();

    private Terminal(Process process, Screen screen)
    {
        this.process = process;
        Screen = screen;
    }

    public Screen Screen { get; }

    /// <summary>All that was written, with what leads the terminal.</summary>
    public string Raw => raw.ToString();

    public static Terminal Start(int width, Command command)
    {
        var words = string.Join(' ', ((string[])[command.Program, .. command.Arguments]).Select(static w => $"'{w.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
        var start = new ProcessStartInfo("script", ["--quiet", "--return", "--flush", "--command", $"stty cols {width} rows 24; exec {words}", "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = command.Directory ?? "",
        };
        start.Environment["TERM"] = "xterm";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment.Remove("CI");
        return new(Process.Start(start)!, new(width));
    }

    /// <summary>Reads on until the screen is as wanted.</summary>
    public async Task UntilAsync(Func<Screen, bool> isWanted)
    {
        while (!isWanted(Screen))
            (await ReadAsync()).ShouldBeTrue($"the program ended before; it wrote: {Raw}");
    }

    public async Task TypeAsync(string keys)
    {
        await process.StandardInput.WriteAsync(keys);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Reads to the end of the program.</summary>
    /// <returns>Its exit status.</returns>
    public async Task<int> EndAsync()
    {
        while (await ReadAsync())
        {
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private async Task<bool> ReadAsync()
    {
        var buffer = new char[4096];
        var read = await process.StandardOutput.ReadAsync(buffer, TestContext.Current.CancellationToken);
        raw.Append(buffer, 0, read);
        Screen.Write(new(buffer, 0, read));
        return read > 0;
    }
}
