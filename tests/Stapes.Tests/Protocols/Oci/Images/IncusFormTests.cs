using System.Diagnostics;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Compression;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Images;

public sealed class IncusFormTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task An_image_becomes_one_that_the_library_takes_as_a_container()
    {
        await using var library = await DataDirectory.OpenLibraryAsync(directory["data"], new(), Cancellation);
        using var files = await MakeAsync(new() { Entrypoint = ["/bin/app"], Cmd = ["one", "two words"] });

        using var staged = await library.StageAsync(new(Upload(files.Metadata), Upload(files.Root!)), Cancellation);

        staged.Image.Type.ShouldBe(ImageType.Container);
        files.MadeFingerprint.ShouldBe(staged.Image.Fingerprint);
        staged.Image.Metadata.Properties["type"].ShouldBe("oci");
        staged.Image.Metadata.Architecture.Name.ShouldBe("aarch64");
        staged.Image.RootFormat.ShouldBe(HasSqfstar() ? RootFormat.Squashfs : RootFormat.Tarball);
    }

    [Fact]
    public async Task The_same_image_gives_the_same_fingerprint()
    {
        using var first = await MakeAsync(new());
        using var second = await MakeAsync(new());
        second.MadeFingerprint.ShouldBe(first.MadeFingerprint.ShouldNotBeNull());
    }

    [Fact]
    public async Task Without_sqfstar_the_root_is_a_tarball()
    {
        using var files = await MakeAsync(new(), new() { Sqfstar = directory["no-such-program"] });
        files.Root!.Name.ShouldBe("rootfs.tar.gz");
        var walker = new TarWalker(Decompressor.Open(CompressionFormat.Gzip, File.OpenRead(files.Root.Content.TemporaryPath), leaveOpen: false));
        (await walker.NextAsync(Cancellation)).ShouldNotBeNull().Name.ShouldBe("bin/");
    }

    [Fact]
    public async Task What_sqfstar_says_is_the_error()
    {
        directory.Write("sqfstar", "#!/bin/sh\ncat >/dev/null\necho 'no more of this' >&2\nexit 1\n"u8);
        File.SetUnixFileMode(directory["sqfstar"], UnixFileMode.UserExecute | UnixFileMode.UserRead);
        var failure = await Should.ThrowAsync<StapesException>(MakeAsync(new(), new() { Sqfstar = directory["sqfstar"] }));
        failure.Message.ShouldContain("no more of this");
        Directory.EnumerateFiles(directory["staging"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_runtime_configuration_is_the_one_that_umoci_makes()
    {
        var config = await ConfigAsync(new()
        {
            User = "app", Env = ["A=1", "PATH=/bin", "A=2"], Entrypoint = ["/bin/app"], Cmd = ["one"], WorkingDir = "/srv", StopSignal = "SIGQUIT",
            Volumes = new Dictionary<string, EmptyObject> { ["/data"] = new() }, Labels = new Dictionary<string, string> { ["l"] = "v" },
        });
        var process = config.GetProperty("process");
        process.GetProperty("args").EnumerateArray().Select(static a => a.GetString()).ShouldBe(["/bin/app", "one"]);
        process.GetProperty("env").EnumerateArray().Select(static a => a.GetString()).ShouldBe(["PATH=/bin", "TERM=xterm", "A=2", "HOME=/home/app"]);
        process.GetProperty("cwd").GetString().ShouldBe("/srv");
        var user = process.GetProperty("user");
        (user.GetProperty("uid").GetInt32(), user.GetProperty("gid").GetInt32()).ShouldBe((1234, 1235));
        user.GetProperty("additionalGids").EnumerateArray().Select(static g => g.GetInt32()).ShouldBe([77]);
        config.GetProperty("mounts").EnumerateArray().Select(static m => m.GetProperty("destination").GetString())
            .ShouldBe(["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"]);
        config.GetProperty("annotations").GetProperty("org.opencontainers.image.stopSignal").GetString().ShouldBe("SIGQUIT");
        config.GetProperty("annotations").GetProperty("l").GetString().ShouldBe("v");
    }

    [Theory]
    [InlineData(null, 0, 0, "/root")]
    [InlineData("", 0, 0, "/root")]
    [InlineData("app", 1234, 1235, "/home/app")]
    [InlineData("1234", 1234, 1235, "/home/app")]
    [InlineData("app:extra", 1234, 77, "/home/app")]
    [InlineData("app:99", 1234, 99, "/home/app")]
    [InlineData("5", 5, 0, "/")]
    [InlineData("5:6", 5, 6, "/")]
    public async Task Users_and_groups_are_looked_up_in_the_image(string? user, int userId, int groupId, string home)
    {
        var process = (await ConfigAsync(new() { User = user })).GetProperty("process");
        (process.GetProperty("user").GetProperty("uid").GetInt32(), process.GetProperty("user").GetProperty("gid").GetInt32()).ShouldBe((userId, groupId));
        process.GetProperty("env").EnumerateArray().Select(static e => e.GetString()).ShouldContain($"HOME={home}");
    }

    [Theory]
    [InlineData("nobody-here")]
    [InlineData("app:no-group")]
    [InlineData("-1")]
    public async Task Users_that_the_image_does_not_know_are_refused(string user) =>
        (await Should.ThrowAsync<StapesException>(ConfigAsync(new() { User = user }))).Kind.ShouldBe(ErrorKind.Invalid);

    private async Task<JsonElement> ConfigAsync(OciContainerConfig config)
    {
        using var files = await MakeAsync(config);
        var walker = new TarWalker(Decompressor.Open(CompressionFormat.Xz, File.OpenRead(files.Metadata.Content.TemporaryPath), leaveOpen: false));
        while (await walker.NextAsync(Cancellation) is { } entry)
        {
            if (entry.Name == "config.json")
                return JsonDocument.Parse(await walker.ReadDataAsync(entry.Size, Cancellation)).RootElement;
        }

        throw new ShouldAssertException("There is no config.json");
    }

    private Task<FetchedFiles> MakeAsync(OciContainerConfig config, IncusForm? form = null) => (form ?? new()).MakeAsync(Image(config), directory["staging"], Cancellation);

    private static ApplicationImage Image(OciContainerConfig config)
    {
        var tarball = new LayerBuilder().Directory("bin").File("bin/app", "#!/bin/sh\n", mode: 0b111_101_101).Directory("etc")
            .File("etc/real", "root:x:0:0:root:/root:/bin/sh\n\nbroken\napp:x:1234:1235:app:/home/app:/bin/sh\n").Link("etc/passwd", "/etc/real")
            .File("etc/group", "root:x:0:\napp:x:1235:\nextra:x:77:root2,app\n").Build();
        var layer = new OciDescriptor { MediaType = "application/vnd.oci.image.layer.v1.tar", Digest = LayerBuilder.DigestOf(tarball).ToString(), Size = tarball.Length };
        return ApplicationImage.Read(
            new() { Config = new() { MediaType = OciMediaTypes.ImageConfig }, Layers = [layer] },
            new() { Architecture = "arm64", Os = "linux", Config = config, Rootfs = new() { Type = "layers", DiffIds = [layer.Digest] } },
            (_, _) => ValueTask.FromResult<Stream>(new MemoryStream(tarball)));
    }

    private static UploadedFile Upload(FetchedImageFile file) => new(file.Name, _ => ValueTask.FromResult<Stream>(File.OpenRead(file.Content.TemporaryPath)));

    private static bool HasSqfstar()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("sqfstar", "-version") { RedirectStandardOutput = true, UseShellExecute = false });
            process!.StandardOutput.ReadToEnd();
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
