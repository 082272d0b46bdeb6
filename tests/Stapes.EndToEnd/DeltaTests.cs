using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>Deltas between versions of an image, made and applied by the real xdelta3.</summary>
public sealed class DeltaTests : IDisposable
{
    private readonly LocalTree tree = new();
    private readonly string home = Directory.CreateTempSubdirectory("stapes-delta-").FullName;
    private readonly byte[] content = RandomNumberGenerator.GetBytes(400_000);

    public void Dispose()
    {
        tree.Dispose();
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task The_delta_is_enough_when_the_target_has_the_base()
    {
        var (image, delta) = await PrepareAsync();
        new FileInfo(delta).Length.ShouldBeLessThan(50_000);
        File.Delete(PublishedRoot(image));

        await ShouldCopyAsync(image, Path.Combine(home, "target"));

        // Without the base there is nothing that the delta could be applied to.
        var refused = await Copy(image, Path.Combine(home, "empty")).RunAsync(TestContext.Current.CancellationToken);
        refused.ExitCode.ShouldBe(1, refused.ToString());
    }

    [Theory]
    [InlineData("other bytes than the index says")]
    [InlineData("no delta")]
    [InlineData("a delta of another file")]
    [InlineData("cut off")]
    public async Task A_bad_delta_is_made_good_by_the_whole_file(string fault)
    {
        var (image, delta) = await PrepareAsync();
        var bytes = await File.ReadAllBytesAsync(delta, TestContext.Current.CancellationToken);
        switch (fault)
        {
            case "no delta":
                File.WriteAllText(delta, "this is no VCDIFF");
                break;
            case "a delta of another file":
                File.WriteAllBytes(Path.Combine(home, "other"), content[..1000]);
                File.Delete(delta);
                await RunAsync("xdelta3", "-e", "-s", PublishedRoot(image), Path.Combine(home, "other"), delta);
                break;
            case "cut off":
                File.WriteAllBytes(delta, bytes[..(bytes.Length / 2)]);
                break;
            default:
                bytes[^1] ^= 1;
                File.WriteAllBytes(delta, bytes);
                break;
        }

        if (fault != "other bytes than the index says")
            Describe(delta, image);

        await ShouldCopyAsync(image, Path.Combine(home, "target"));
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("kill -9 $$")]
    [InlineData("cat \"$4\"")]
    [InlineData("head -c 100 /dev/zero; echo broken >&2; exit 2")]
    public async Task A_program_that_fails_is_made_good_by_the_whole_file(string script)
    {
        var (image, _) = await PrepareAsync();
        var programs = Directory.CreateDirectory(Path.Combine(home, "bin")).FullName;
        var called = Path.Combine(home, "called");
        File.WriteAllText(Path.Combine(programs, "xdelta3"), $"#!/bin/sh\necho called >>'{called}'\n{script}\n");
        File.SetUnixFileMode(Path.Combine(programs, "xdelta3"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await ShouldCopyAsync(image, Path.Combine(home, "target"), $"PATH={programs}:/usr/bin:/bin");

        File.ReadAllText(called).ShouldBe("called\n");
    }

    [Fact]
    public async Task Without_the_program_the_whole_file_is_fetched()
    {
        var (image, _) = await PrepareAsync();
        await ShouldCopyAsync(image, Path.Combine(home, "target"), $"PATH={home}");
    }

    /// <summary>A tree with two versions of an image and the delta between them, and a target that has the first.</summary>
    private async Task<(TestImage Image, string Delta)> PrepareAsync()
    {
        var first = await MakeAsync("first", Metadata.Created);
        await tree.AddAsync(first);
        await ShouldCopyAsync(first, Path.Combine(home, "target"));
        var second = await MakeAsync("second", Metadata.Created.AddDays(1));
        await tree.AddAsync(second);
        var delta = Path.Combine(tree.Directory, "images", "update.vcdiff");
        await RunAsync("xdelta3", "-e", "-s", first.Files[1], second.Files[1], delta);
        Describe(delta, second);
        return (second, delta);
    }

    private async Task<TestImage> MakeAsync(string name, DateTimeOffset created)
    {
        var work = Directory.CreateDirectory(Path.Combine(home, name)).FullName;
        File.WriteAllText(Path.Combine(work, "metadata.yaml"), Metadata.Yaml("Delta", "1", created, "an image with updates"));
        await RunAsync("tar", "-czf", Path.Combine(work, "metadata.tar.gz"), "-C", work, "metadata.yaml");
        var root = Directory.CreateDirectory(Path.Combine(work, "rootfs")).FullName;
        File.WriteAllBytes(Path.Combine(root, "content"), content);
        File.WriteAllText(Path.Combine(root, "version"), name);
        await RunAsync("mksquashfs", root, Path.Combine(work, "root.squashfs"), "-quiet", "-no-progress", "-all-root");
        return TestImage.From(name, BootableImages.Container, Path.Combine(work, "metadata.tar.gz"), Path.Combine(work, "root.squashfs"));
    }

    /// <summary>Lists the delta as it is now, beside the root of the image.</summary>
    private void Describe(string delta, TestImage image)
    {
        var index = Path.Combine(tree.Directory, "streams", "v1", "images.json");
        var json = JsonNode.Parse(File.ReadAllText(index))!;
        var versions = json["products"]!.AsObject().Single().Value!["versions"]!.AsObject();
        var root = RootDigest(image);
        var others = versions.Where(v => !v.Value!.ToJsonString().Contains(root, StringComparison.Ordinal)).ToList();
        var items = versions.Single(v => v.Value!.ToJsonString().Contains(root, StringComparison.Ordinal)).Value!["items"]!;
        items["update"] = new JsonObject
        {
            ["ftype"] = "squashfs.vcdiff",
            ["delta_base"] = others.Single().Key,
            ["path"] = Path.GetRelativePath(tree.Directory, delta),
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(delta))),
            ["size"] = new FileInfo(delta).Length,
        };
        File.WriteAllText(index, json.ToJsonString());
    }

    private string PublishedRoot(TestImage image) =>
        Directory.GetFiles(Path.Combine(tree.Directory, "images"), $"{RootDigest(image)}*").Single();

    private static string RootDigest(TestImage image) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(image.Files[1])));

    private Command Copy(TestImage image, string target, params IReadOnlyList<string> environment)
    {
        var stapes = StapesProgram.Run(home, "image", "copy", $"{tree.Directory}:{image.Fingerprint}", $"{target}:", "--config", Path.Combine(home, "conf"));
        return new("/usr/bin/env", [.. environment, stapes.Program, .. stapes.Arguments]) { Directory = home };
    }

    private async Task ShouldCopyAsync(TestImage image, string target, params IReadOnlyList<string> environment)
    {
        var copied = await Copy(image, target, environment).RunAsync(TestContext.Current.CancellationToken);
        (copied.ExitCode, copied.Output, copied.Errors).ShouldBe((0, "Image copied successfully!\n", ""));
        var listed = await StapesProgram.Run(home, "image", "list", $"{target}:", "-c", "F", "-f", "csv", "--config", Path.Combine(home, "conf")).OutputAsync();
        listed.ShouldContain(image.Fingerprint);
        (await StapesProgram.Run(target, "tree", "verify").RunAsync(TestContext.Current.CancellationToken)).ExitCode.ShouldBe(0);
        Directory.GetFiles(target, "*.part", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private Task<string> RunAsync(string program, params IReadOnlyList<string> arguments) => new Command(program, arguments) { Directory = home }.OutputAsync();
}
