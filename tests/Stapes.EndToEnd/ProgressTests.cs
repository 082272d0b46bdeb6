using System.Text.RegularExpressions;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>What a real terminal shows while images are on their way, and that nothing of it stays.</summary>
public sealed partial class ProgressTests : IDisposable
{
    private readonly LocalTree tree = new();
    private readonly string home = Directory.CreateTempSubdirectory("stapes-progress-").FullName;

    public void Dispose()
    {
        tree.Dispose();
        Directory.Delete(home, recursive: true);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(140)]
    public async Task Each_file_has_a_line_with_rate_and_time_left_that_goes_when_it_is_there(int width)
    {
        await AddAsync("1", "2", "3");
        await using var server = await ServeAsync();
        await using var terminal = Terminal.Start(width, Stapes("image", "copy", "slow:", "./target:", "--all"));

        await terminal.UntilAsync(static s => s.Lines.Count(static l => Line().IsMatch(l)) == 3);
        terminal.Screen.Lines.Count.ShouldBe(3, string.Join('\n', terminal.Screen.Lines));
        terminal.Screen.Lines.ShouldAllBe(l => l.Length < width);
        terminal.Screen.Lines.Any(static l => l.Contains('━', StringComparison.Ordinal)).ShouldBe(width > 40);
        server.Release();

        (await terminal.EndAsync()).ShouldBe(0, terminal.Raw);
        terminal.Screen.Lines.ShouldBe(["3 copied, 0 already there"]);
    }

    [Fact]
    public async Task Ctrl_C_leaves_a_clean_terminal_and_only_what_the_next_copy_continues()
    {
        await AddAsync("1");
        await using var server = await ServeAsync();
        await using var terminal = Terminal.Start(80, Stapes("image", "copy", "slow:", "./target:", "--all"));
        await terminal.UntilAsync(static s => s.Lines.Any(static l => Line().IsMatch(l)));

        await terminal.TypeAsync("\x03");

        (await terminal.EndAsync()).ShouldBe(1, terminal.Raw);
        terminal.Screen.Lines.ShouldAllBe(static l => l == "^C");
        Directory.GetFiles(home, "*", SearchOption.AllDirectories).Where(static f => f.Contains("/target/", StringComparison.Ordinal)).ShouldAllBe(static f => f.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_stands_above_the_lines_of_what_goes_on()
    {
        await AddAsync("1", "2");
        await using var server = await ServeAsync();
        server.Missing.Add(Path.GetRelativePath(tree.Directory, Directory.GetFiles(Path.Combine(tree.Directory, "images"), "*.root.*").Concat(Directory.GetFiles(Path.Combine(tree.Directory, "images"))).First(static f => new FileInfo(f).Length > 100_000)));
        await using var terminal = Terminal.Start(200, Stapes("image", "copy", "slow:", "./target:", "--all"));

        await terminal.UntilAsync(static s => s.Lines.Any(static l => Line().IsMatch(l)) && s.Lines.Any(static l => l.StartsWith("Error: ", StringComparison.Ordinal)));
        terminal.Screen.Lines[0].ShouldStartWith("Error: ");
        server.Release();

        (await terminal.EndAsync()).ShouldBe(1, terminal.Raw);
        terminal.Screen.Lines.Count.ShouldBe(2, string.Join('\n', terminal.Screen.Lines));
        terminal.Screen.Lines[1].ShouldBe("1 copied, 0 already there, 1 failed");
    }

    [Fact]
    public async Task Without_a_terminal_and_with_quiet_there_are_no_lines()
    {
        await AddAsync("1");
        await using var server = await ServeAsync();
        server.Release();

        var plain = await Stapes("image", "copy", "slow:", "./plain:", "--all").RunAsync(TestContext.Current.CancellationToken);
        (plain.ExitCode, plain.Output, plain.Errors).ShouldBe((0, "1 copied, 0 already there\n", ""));

        await using var terminal = Terminal.Start(80, Stapes("image", "copy", "slow:", "./quiet:", "--all", "-q"));
        (await terminal.EndAsync()).ShouldBe(0, terminal.Raw);
        terminal.Raw.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_and_an_operation_of_a_server_are_shown_too()
    {
        await AddAsync("1");
        await using var server = await ServeAsync();
        await using var target = await ServerProcess.StartAsync(Path.Combine(home, "data"));
        Directory.CreateDirectory(Path.Combine(home, "out"));
        await using var export = Terminal.Start(80, Stapes("image", "export", "slow:one", "out"));
        await using var copy = Terminal.Start(80, Stapes("image", "copy", "slow:one", "local:", "--mode", "pull", "--data", target.DataDirectory));

        await export.UntilAsync(static s => s.Lines.Any(static l => l.StartsWith("Exporting one rootfs ", StringComparison.Ordinal)));
        await copy.UntilAsync(static s => s.Lines.Any(static l => Operation().IsMatch(l)));
        server.Release();

        (await export.EndAsync()).ShouldBe(0, export.Raw);
        export.Screen.Lines.ShouldBe(["Image exported successfully!"]);
        (await copy.EndAsync()).ShouldBe(0, copy.Raw);
        copy.Screen.Lines.ShouldBe(["Image copied successfully!"]);
    }

    private async Task AddAsync(params IReadOnlyList<string> releases)
    {
        foreach (var release in releases)
        {
            var image = new PlainImages(home).Create(release, Metadata.Created, 16 << 20);
            await StapesProgram.Run(tree.Directory, ["tree", "add", .. image.Files, "--alias", release == "1" ? "one" : release]).OutputAsync();
        }
    }

    private async Task<HalfwayServer> ServeAsync()
    {
        var server = new HalfwayServer(tree.Directory);
        await Stapes("remote", "add", "slow", server.Address, "--protocol=simplestreams").OutputAsync();
        return server;
    }

    private Command Stapes(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, [.. arguments, "--config", Path.Combine(home, "conf")]);

    /// <summary>The file, how much of it is there, its rate, and the time that it still takes.</summary>
    [GeneratedRegex(@"rootfs .*\d\d% .*[0-9.]+[kM]?B/s +\d\d:\d\d$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();

    [GeneratedRegex(@"^Copying one: .*\d+% \(.*/s\)$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Operation();
}
