using System.Diagnostics;
using System.Text.RegularExpressions;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Trees;

/// <summary>Kills a command again and again, always on the same tree, and looks at what each kill leaves.</summary>
internal sealed partial class CrashCheck(LocalTree tree, Command command)
{
    private const int RandomKills = 100;
    private const int KilledStatus = 128 + 9;

    private const string ChangingCalls = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
        + "write,writev,pwrite64,pwritev,ftruncate,fallocate,copy_file_range,fsync,fdatasync,sync_file_range,chmod,fchmod,flock";

    private readonly string start = tree.Copy();
    private IReadOnlyList<string> before = [];
    private IReadOnlyList<string> after = [];

    public async Task KillAtRandomMomentsAsync()
    {
        var duration = await MeasureAsync();
        for (var kills = 0; kills < RandomKills;)
        {
            tree.RestoreFrom(start);
            var moment = duration * 1.2 * Random.Shared.NextDouble();
            var run = await RunAsync(command, moment);
            if (run.Killed)
                kills++;
            else
                duration = run.Duration;    // as the machine is busier or less busy than before
            Check($"killed after {moment.TotalMilliseconds} ms");
        }

        await FinishAsync();
    }

    /// <summary>Kills the command when it is about to make any one of its calls that change files or wait for one.</summary>
    public async Task KillBeforeEachCallAsync()
    {
        await MeasureAsync();
        var kills = 0;
        foreach (var (name, count) in await CountCallsAsync())
        {
            for (var call = 1; call <= count; call++)
            {
                tree.RestoreFrom(start);
                var run = await Traced("-o", "/dev/null", "-e", "trace=" + name, "-e", $"inject={name}:signal=SIGKILL:when={call}").RunAsync();
                if (run.ExitCode == KilledStatus)
                    kills++;
                Check($"killed before {name} number {call}");
            }
        }

        kills.ShouldBeGreaterThan(10, "each command makes more calls than that");
        await FinishAsync();
    }

    /// <summary>How often a thread of the command makes each of the calls; strace counts them by name and thread.</summary>
    private async Task<Dictionary<string, int>> CountCallsAsync()
    {
        tree.RestoreFrom(start);
        var log = start + ".calls";
        await Traced("-o", log, "-e", "trace=" + ChangingCalls).OutputAsync();
        return File.ReadLines(log).Select(line => CallPattern().Match(line)).Where(match => match.Success)
            .GroupBy(match => (Thread: match.Groups["thread"].Value, Name: match.Groups["name"].Value))
            .GroupBy(calls => calls.Key.Name).ToDictionary(calls => calls.Key, calls => calls.Max(ofThread => ofThread.Count()), StringComparer.Ordinal);
    }

    private Command Traced(params IReadOnlyList<string> options) =>
        command with { Program = "strace", Arguments = ["-f", .. options, command.Program, .. command.Arguments] };

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\(", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CallPattern();

    private async Task<TimeSpan> MeasureAsync()
    {
        before = tree.Read().Versions;
        var duration = (await RunAsync(command, killAt: TimeSpan.MaxValue)).Duration;
        after = tree.Read().Versions;
        after.ShouldNotBe(before);
        return duration;
    }

    private void Check(string when)
    {
        var versions = tree.Read().Versions;    // fails when a file is missing or is not what the index says
        (versions.SequenceEqual(before) || versions.SequenceEqual(after)).ShouldBeTrue($"{when} the tree listed {string.Join(", ", versions)}");
    }

    /// <summary>What was left behind is in nobody's way, and does not stay.</summary>
    private async Task FinishAsync()
    {
        await command.RunAsync();
        await tree.Run("prune", "--retention", "100").OutputAsync();
        await tree.Run("verify").OutputAsync();
        var content = tree.Read();
        content.Versions.ShouldBe(after);
        content.Unnamed(tree.Directory).ShouldBeEmpty();
    }

    private static async Task<(bool Killed, TimeSpan Duration)> RunAsync(Command command, TimeSpan killAt)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = command.Start();
        var spin = new SpinWait();
        while (Stopwatch.GetElapsedTime(started) < killAt && !process.HasExited)
            spin.SpinOnce(sleep1Threshold: -1);    // a sleep would round the moment to milliseconds
        var duration = Stopwatch.GetElapsedTime(started);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode == KilledStatus, duration);
    }
}
