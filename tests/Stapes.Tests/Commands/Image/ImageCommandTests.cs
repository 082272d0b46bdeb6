using Stapes.Commands;
using Stapes.Core;
using Stapes.Tests.Images;
using Stapes.Tests.Protocols.Incus.Server;

namespace Stapes.Tests.Commands.Image;

/// <summary><c>stapes image</c> with a real server on its Unix socket.</summary>
public sealed class ImageCommandTests : IncusServerTest
{
    private readonly TemporaryDirectory files = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        files.Dispose();
    }

    [Fact]
    public async Task A_unified_image_comes_and_goes()
    {
        var path = files.Write("image.tar.gz", SampleImage.Unified());

        var imported = await PrintAsync("import", path, "os=Changed", "more=x", "--alias", "one", "--alias", "two", "--public");

        var image = (await Library.GetSnapshotAsync(Cancellation)).Images.Single();
        imported.ShouldBe($"Image imported with fingerprint: {image.Fingerprint}\n");
        image.Public.ShouldBeTrue();
        image.FileName.ShouldBe("image.tar.gz");
        image.Properties["os"].ShouldBe("Changed");
        image.Properties["more"].ShouldBe("x");
        (await PrintAsync("list", "-c", "Lfp", "-f", "csv")).ShouldBe($"\"one\ntwo\",{image.Fingerprint.Hex[..12]},yes\n");

        await PrintAsync("delete", "two");
        (await PrintAsync("list", "-f", "csv")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_split_image_is_exported_as_it_was_imported()
    {
        var (metadata, root) = (SampleImage.Metadata(), SampleImage.Qcow2());
        await PrintAsync("import", files.Write("metadata.tar.xz", metadata), files.Write("disk.qcow2", root), "--alias", "disk");
        (await PrintAsync("list", "type=virtual-machine", "-c", "lt", "-f", "csv")).ShouldBe("disk,VIRTUAL-MACHINE\n");

        (await PrintAsync("export", "disk", files["exported"])).ShouldBe("Image exported successfully!\n");
        File.ReadAllBytes(files["exported"]).ShouldBe(metadata);
        File.ReadAllBytes(files["exported.root"]).ShouldBe(root);

        var directory = Directory.CreateDirectory(files["directory"]).FullName;
        await PrintAsync("export", "local:disk", directory, "--vm", "--quiet");
        var fingerprint = (await Library.GetSnapshotAsync(Cancellation)).Images.Single().Fingerprint.Hex;
        Directory.GetFiles(directory).Select(Path.GetFileName).ShouldBe([$"meta-{fingerprint}.tar.xz", $"{fingerprint}.qcow2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_unified_image_is_exported_with_the_ending_of_its_kind()
    {
        await PrintAsync("import", files.Write("image.tar.gz", SampleImage.Unified()), "--alias", "image");

        await PrintAsync("export", "image", files["exported"]);

        File.ReadAllBytes(files["exported.tar.gz"]).ShouldBe(SampleImage.Unified());
        File.Exists(files["exported"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Properties_and_aliases_change()
    {
        var fingerprint = await AddAsync(aliases: "name");

        await PrintAsync("set-property", "name", "one=1", "two=2=3");
        await PrintAsync("set-property", "name", "old", "form");
        await PrintAsync("unset-property", "name", "one", "variant");
        (await PrintAsync("get-property", "name", "two")).ShouldBe("2=3\n");
        (await PrintAsync("show", fingerprint[..10])).ShouldContain("properties:\n  old: form\n  os: Test\n  release: \"1\"\n  two: 2=3\npublic: false\n");

        await PrintAsync("alias", "create", "other/name", fingerprint[..10], "--description", "for tests");
        await PrintAsync("alias", "rename", "other/name", "renamed");
        await PrintAsync("alias", "delete", "name");
        (await PrintAsync("alias", "list", "-f", "csv")).ShouldBe($"renamed,{fingerprint[..12]},CONTAINER,for tests\n");
        (await PrintAsync("alias", "list", "nothing", "-f", "json")).ShouldBe("[]\n");
    }

    [Fact]
    public async Task Info_tells_all_about_an_image()
    {
        var fingerprint = await AddAsync(aliases: "name");

        var info = await PrintAsync("info", "name");

        info.ShouldStartWith($"Fingerprint: {fingerprint}\nSize: 0.00MiB\nArchitecture: x86_64\nType: container\nPublic: no\nTimestamps:\n    Created: 2023/11/14 ");
        info.ShouldEndWith("Properties:\n    os: Test\n    release: 1\n    variant: default\nAliases:\n    - name\nCached: no\nAuto update: disabled\nProfiles:\n    - default\n");
        info.ShouldContain("    Last used: never\n");
    }

    [Fact]
    public async Task A_reused_alias_takes_an_image_with_it_that_has_no_other()
    {
        var kept = await AddAsync("1", aliases: ["first", "kept"]);
        await AddAsync("2", aliases: "second");
        var path = files.Write("image.tar.gz", SampleImage.Unified(SampleImage.Yaml(release: "3")));

        await PrintAsync("import", path, "--alias", "first", "--alias", "second", "--reuse", "-q");

        (await PrintAsync("list", "-c", "L", "-f", "csv")).ShouldBe("\"first\nsecond\"\nkept\n");
        (await PrintAsync("list", kept, "-c", "L", "-f", "csv")).ShouldBe("kept\n");
    }

    [Fact]
    public async Task Lists_have_only_what_passes_all_filters()
    {
        await AddAsync("12", isPublic: true, aliases: "debian/12");
        await AddAsync("13", isDisk: true, aliases: "debian/13");

        (await PrintAsync("list", "os=test", "-c", "l", "-f", "csv")).ShouldBe("debian/12\ndebian/13\n");
        (await PrintAsync("list", "debian", "release=1[3-9]", "-c", "l", "-f", "csv")).ShouldBe("debian/13\n");
        (await PrintAsync("list", "local:", "public=true", "-c", "l", "-f", "csv")).ShouldBe("debian/12\n");
        (await PrintAsync("list", "os=Te st", "-f", "csv")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Image \"none\" not found on local; see `stapes image list local:`", "info", "none")]
    [InlineData("Image \"nmae\" not found on local; did you mean \"name\"?", "info", "nmae")]
    [InlineData("Image \"..\" not found on local; see `stapes image list local:`", "show", "local:..")]
    [InlineData("The remote \"other\" doesn't exist; see `stapes remote list`", "info", "other:image")]
    [InlineData("Property not found: image name has no \"x\"", "get-property", "name", "x")]
    [InlineData("\"x\" is no KEY=VALUE", "set-property", "name", "a=1", "x")]
    [InlineData("Only https:// is supported for remote image import, not http://192.0.2.1/", "import", "http://192.0.2.1/")]
    [InlineData("An image from a URL takes no second file, such as x", "import", "https://192.0.2.1/", "x")]
    [InlineData("Invalid number of arguments: \"y\" is neither a remote nor KEY=VALUE", "import", "a", "x", "y", "k=v")]
    [InlineData("Unknown column shorthand char 'x' in 'lx'", "list", "-c", "lx")]
    public async Task A_failure_says_what_and_which(string message, params string[] arguments)
    {
        await AddAsync(aliases: "name");

        (await Should.ThrowAsync<StapesException>(PrintAsync(arguments))).Message.ShouldBe(message);
    }

    [Fact]
    public async Task A_file_that_is_no_image_leaves_nothing()
    {
        var path = files.Write("image.tar.gz", "no image"u8);

        await Should.ThrowAsync<StapesException>(PrintAsync("import", path, "--alias", "x"));

        (await PrintAsync("alias", "list", "-f", "csv")).ShouldBeEmpty();
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Each_of_several_failures_is_told()
    {
        await AddAsync(aliases: "name");

        var (status, output, errors) = await RunAsync("delete", "one", "name", "two");

        status.ShouldBe(1);
        output.ShouldBeEmpty();
        errors.ShouldBe("Error: Image \"one\" not found on local; see `stapes image list local:`\nError: Image \"two\" not found on local; see `stapes image list local:`\n");
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_export_to_no_directory_is_refused_before_anything_is_fetched()
    {
        await AddAsync(aliases: "name");

        (await Should.ThrowAsync<StapesException>(PrintAsync("export", "name", files["none/file"]))).Message.ShouldStartWith($"There is no directory {files["none"]} to export to");
    }

    [Fact]
    public async Task A_failed_export_leaves_the_files_that_were_there()
    {
        files.Write("exported.tar.gz", "before"u8);

        await Should.ThrowAsync<StapesException>(PrintAsync("export", "none", files["exported"]));

        File.ReadAllText(files["exported.tar.gz"]).ShouldBe("before");
        Directory.GetFiles(files.Root).Length.ShouldBe(1);
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
        var result = CommandLine.CreateRoot().Parse(["image", .. arguments, "--socket", SocketPath, "--config", files["config"]]);
        result.Errors.ShouldBeEmpty();
        var status = await result.InvokeAsync(new() { Output = output, Error = errors, EnableDefaultExceptionHandler = false }, Cancellation);
        return (status, output.ToString(), errors.ToString());
    }
}
