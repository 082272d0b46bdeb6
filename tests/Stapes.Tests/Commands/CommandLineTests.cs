using System.CommandLine;
using System.CommandLine.Help;
using Stapes.Commands;

namespace Stapes.Tests.Commands;

public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => [.. Paths(CommandLine.CreateRoot())];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_command_is_among_those_that_its_words_can_mean(string words)
    {
        var path = words.Split(' ');
        var command = new Command("stapes");
        CommandLine.AddCommands(command, CommandWords.Of(path));

        foreach (var word in path)
            command = command.Subcommands.Single(c => c.Name == word || c.Aliases.Contains(word));
    }

    [Fact]
    public void A_small_command_is_parsed_without_all_the_others()
    {
        var result = CommandLine.Parse("stapes", ["tree", "-C", "here", "add", "metadata", "data", "--alias", "a"]);
        result.Errors.ShouldBeEmpty();
        result.CommandResult.Command.Name.ShouldBe("add");
        result.RootCommandResult.Command.Subcommands.Single().Subcommands.Single().Name.ShouldBe("add");
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("-?")]
    public void Every_command_has_help(string flag)
    {
        CommandLine.Parse("stapes", ["tree", "add", flag]).Action.ShouldBeOfType<HelpAction>();
        CommandLine.Parse("incus-simplestreams", ["add", "metadata", flag]).Action.ShouldBeOfType<HelpAction>();
    }

    [Theory]
    [InlineData("stapes")]
    [InlineData("stapes", "tree")]
    [InlineData("stapes", "tree", "alias")]
    [InlineData("stapes", "tree", "add")]
    [InlineData("stapes", "tree", "add", "metadata", "--allias", "a")]
    [InlineData("stapes", "add", "metadata")]
    [InlineData("stapes", "tree", "grow")]
    [InlineData("incus-simplestreams")]
    [InlineData("incus-simplestreams", "tree", "add", "metadata")]
    public async Task Wrong_usage_has_the_status_2(params string[] commandLine) =>
        (await CommandLine.RunAsync(commandLine, TestContext.Current.CancellationToken)).ShouldBe(2);

    [Fact]
    public async Task A_help_has_one_line_for_each_command()
    {
        using var output = new StringWriter();
        var result = CommandLine.Parse("stapes", ["tree", "--help"]);
        CommandLine.Summarize(result);
        await result.InvokeAsync(new() { Output = output }, TestContext.Current.CancellationToken);
        output.ToString().ShouldContain("Verify the integrity of the tree");
        output.ToString().ShouldNotContain("Reads every file");
    }

    [Fact]
    public async Task Every_help_names_arguments_and_defaults_as_they_are_typed()
    {
        // A hidden command has no help.
        foreach (var path in Paths(CommandLine.CreateRoot()).Where(static p => p != "man-page"))
        {
            using var output = new StringWriter();
            await CommandLine.Parse("stapes", [.. path.Split(' '), "--help"]).InvokeAsync(new() { Output = output }, TestContext.Current.CancellationToken);
            var help = output.ToString();
            help.Contains("Usage:", StringComparison.Ordinal).ShouldBeTrue(path);
            help.Contains("{ ", StringComparison.Ordinal).ShouldBeFalse($"{path}: {help}");
            // The user's remotes, which the help would take for all that an argument can be.
            help.Contains("images|", StringComparison.Ordinal).ShouldBeFalse($"{path}: {help}");
            help.Contains("images:|", StringComparison.Ordinal).ShouldBeFalse($"{path}: {help}");
        }
    }

    [Fact]
    public void A_name_that_starts_with_an_at_sign_is_a_name()
    {
        var result = CommandLine.Parse("stapes", ["tree", "remove", "@list"]);
        result.Errors.ShouldBeEmpty();
        result.GetRequiredValue<string[]>("fingerprint").ShouldBe(["@list"]);
    }

    private static IEnumerable<string> Paths(Command parent) =>
        from command in parent.Subcommands
        from name in command.Aliases.Append(command.Name)
        from path in Paths(command).Select(below => $"{name} {below}").Append(name)
        select path;
}
