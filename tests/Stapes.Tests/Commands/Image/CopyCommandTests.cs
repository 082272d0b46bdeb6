using Stapes.Commands;
using Stapes.Core;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;
using Stapes.Tests.Protocols.Incus.Server;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Commands.Image;

/// <summary><c>stapes image copy</c> between directories and a real server.</summary>
public sealed class CopyCommandTests : IncusServerTest
{
    private readonly TemporaryDirectory files = new();
    private readonly SampleTree tree = new();

    private string Tree => $"{tree.Root}:";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        files.Dispose();
        tree.Dispose();
    }

    [Fact]
    public async Task An_image_goes_from_a_tree_to_a_server_and_on_to_another_tree()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["app"] });
        var fingerprint = (await tree.ListAsync()).Single().Fingerprint;

        (await PrintAsync($"{Tree}app", "local:", "--copy-aliases", "--alias", "mine")).ShouldBe("Image copied successfully!\n");
        var kept = (await Library.GetSnapshotAsync(Cancellation)).Images.Single();
        kept.Fingerprint.Hex.ShouldBe(fingerprint);
        kept.Aliases.Select(static a => a.Name).ShouldContain("mine");

        (await PrintAsync("mine", $"{files["other"]}:")).ShouldBe("Image copied successfully!\n");
        (await new SimplestreamsTree(files["other"]).ReadAsync(Cancellation)).List().Single().Fingerprint.ShouldBe(fingerprint);

        (await PrintAsync("mine", Tree)).ShouldBe($"Image {fingerprint[..12]} is already there\n");
    }

    [Fact]
    public async Task All_images_or_those_that_pass_filters_are_copied_and_a_failure_is_one_line()
    {
        for (var i = 0; i < 5; i++)
            await tree.AddContainerAsync($"root {i}", os: i < 2 ? "Few" : "Many");

        (await PrintAsync(Tree, $"{files["few"]}:", "os=Few")).ShouldBe("2 copied, 0 already there\n");
        (await PrintAsync(Tree, $"{files["few"]}:", "--all")).ShouldBe("3 copied, 2 already there\n");
        (await PrintAsync(Tree, $"{files["none"]}:", "--all", "--arch", "aarch64")).ShouldBe("0 copied, 0 already there\n");

        var damaged = Directory.EnumerateFiles(tree["images"], "*.squashfs").First();
        File.WriteAllBytes(damaged, SampleImage.Squashfs("damaged"));
        var (status, output, errors) = await RunAsync(Tree, $"{files["all"]}:", "--all");
        status.ShouldBe(1);
        output.ShouldEndWith("failed\n");
        errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(static line => line.StartsWith("Error: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["app"] });

        await ShouldRefuseAsync("names one image", $"{Tree}app", "local:", "--all");
        await ShouldRefuseAsync("An alias leads to one image", Tree, "local:", "--all", "--alias", "x");
        await ShouldRefuseAsync("Auto update is only available in pull mode", $"{Tree}app", "local:", "--mode", "relay", "--auto-update");
        await ShouldRefuseAsync("must be different", $"{Tree}app", Tree);
        await ShouldRefuseAsync("did you mean \"app\"?", $"{Tree}apq", "local:");
        await ShouldRefuseAsync("can only be read", $"{Tree}app", "images:");
        await ShouldRefuseAsync("is a directory", $"{Tree}app", "local:", "--mode", "pull");
        await ShouldRefuseAsync("is a directory", $"{Tree}app", $"{files["other"]}:", "--auto-update");
        Directory.Exists(files["other"]).ShouldBeFalse();
        (await CountAsync()).ShouldBe(0);
    }

    private async Task ShouldRefuseAsync(string why, params string[] arguments)
    {
        var refused = await Should.ThrowAsync<StapesException>(RunAsync(arguments));
        refused.Message.ShouldContain(why);
    }

    private async Task<string> PrintAsync(params string[] arguments)
    {
        var (status, output, errors) = await RunAsync(arguments);
        status.ShouldBe(0, errors);
        return output;
    }

    private async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var result = CommandLine.CreateRoot().Parse(["image", "copy", .. arguments, "--socket", SocketPath, "--config", files["config"]]);
        result.Errors.ShouldBeEmpty();
        var status = await result.InvokeAsync(new() { Output = output, Error = errors, EnableDefaultExceptionHandler = false }, Cancellation);
        return (status, output.ToString(), errors.ToString());
    }
}
