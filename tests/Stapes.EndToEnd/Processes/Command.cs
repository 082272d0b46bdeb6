using System.Diagnostics;

namespace Stapes.EndToEnd.Processes;

/// <summary>One run of a program: what to run, where, and with which environment.</summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    public string? Directory { get; init; }

    /// <summary>The whole environment of the program; the test's own when null.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>What the program reads from standard input; nothing when null.</summary>
    public string? Input { get; init; }

    public Process Start()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory ?? "",
        };
        if (Environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in Environment)
                start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Write(Input);
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs the program to its end, whatever its exit status.</summary>
    public async Task<CommandResult> RunAsync(CancellationToken cancel)
    {
        using var process = Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var errors = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return new CommandResult(this, process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public Task<CommandResult> RunAsync() => RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Runs the program and returns what it printed; a status other than 0 fails the test.</summary>
    public async Task<string> OutputAsync()
    {
        var result = await RunAsync();
        result.ExitCode.ShouldBe(0, result.ToString());
        return result.Output;
    }

    public override string ToString() => $"{Program} {string.Join(' ', Arguments)}";
}
