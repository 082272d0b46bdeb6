using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>The script for bash, in bash.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly LocalTree tree = new();

    public void Dispose() => tree.Dispose();

    [Theory]
    [InlineData("stapes image in", "info")]
    [InlineData("stapes image info ima", "images:")]
    [InlineData("stapes image info images\\", "")]
    [InlineData("stapes image info TREE:pl", "plain/1\nplain/1/ARCH")]
    [InlineData("stapes image info TREE:", "Plain/1/default\nPlain/1/default/ARCH\nplain/1\nplain/1/ARCH")]
    [InlineData("stapes image info 'TREE:$(touch INJECTED)", "")]
    public async Task Words_are_completed_behind_a_colon_too(string typed, string expected)
    {
        var image = tree.Images.Create("1", Metadata.Created, 1000);
        await tree.Run(["add", .. image.Files, "--alias", "plain/1"]).OutputAsync();
        var conf = Path.Combine(tree.Directory, "..", "conf");
        var line = typed.Replace("TREE", tree.Directory, StringComparison.Ordinal).Replace("INJECTED", conf, StringComparison.Ordinal);
        // As bash calls it. compopt is for the real thing only.
        const string Script = """
            compopt() { :; }
            source <("$STAPES" completion bash)
            COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_WORDS=("$STAPES") COMP_CWORD=0
            _stapes
            printf '%s\n' "${COMPREPLY[@]}"
            """;

        var completed = await new Command("env", $"STAPES={StapesProgram.Path}", $"LINE={line}", $"STAPES_CONF={conf}", "bash", "--norc", "-c", Script) { Directory = tree.Directory }.RunAsync(TestContext.Current.CancellationToken);

        completed.Errors.ShouldBeEmpty();
        completed.Output.Trim().Split('\n').Order(StringComparer.Ordinal).ShouldBe(
            expected.Replace("ARCH", Metadata.Architecture, StringComparison.Ordinal).Split('\n').Order(StringComparer.Ordinal));
        Path.Exists(conf).ShouldBeFalse();
    }

    [Theory]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "zsh", "-n")]
    [InlineData("fish", "fish", "--no-execute")]
    public async Task The_script_is_one_of_its_shell(string shell, params string[] check)
    {
        var script = Path.Combine(tree.Directory, "script");
        File.WriteAllText(script, await StapesProgram.Run(tree.Directory, "completion", shell).OutputAsync());
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(d => File.Exists(Path.Combine(d, shell))), $"{shell} is not installed");

        (await new Command(check[0], [.. check[1..], script]).RunAsync(TestContext.Current.CancellationToken)).ExitCode.ShouldBe(0);
    }
}
