using Stapes.EndToEnd.Peers;

namespace Stapes.EndToEnd.Images;

/// <summary>Makes tiny images that a real Incus accepts and whose containers start: one static busybox, and an init that waits.</summary>
internal sealed class BootableImages(string directory)
{
    public const string Container = "container";
    public const string VirtualMachine = "virtual-machine";

    public Task<TestImage> SquashfsAsync(string name) => SquashfsAsync(name, name, Metadata.Created);

    /// <param name="name">The image's own name.</param>
    /// <param name="release">Images of one release are versions of one product.</param>
    public async Task<TestImage> SquashfsAsync(string name, string release, DateTimeOffset created)
    {
        var work = await MetadataAsync(name, release, created);
        await MakeRootAsync(work);
        await RunAsync(work, "mksquashfs", "rootfs", "root.squashfs", "-quiet", "-no-progress");
        return Split(name, Container, work, "root.squashfs");
    }

    public async Task<TestImage> RootTarballAsync(string name)
    {
        var work = await MetadataAsync(name, name, Metadata.Created);
        await MakeRootAsync(work);
        await RunAsync(work, "tar", "-cJf", "root.tar.xz", "-C", "rootfs", ".");
        return Split(name, Container, work, "root.tar.xz");
    }

    public async Task<TestImage> UnifiedAsync(string name)
    {
        var work = await MetadataAsync(name, name, Metadata.Created);
        await MakeRootAsync(work);
        await RunAsync(work, "tar", "-czf", "image.tar.gz", "metadata.yaml", "rootfs");
        return TestImage.From(name, Container, Path.Combine(work, "image.tar.gz"));
    }

    public async Task<TestImage> DiskAsync(string name)
    {
        var work = await MetadataAsync(name, name, Metadata.Created);
        await MakeDiskAsync(work, "disk.qcow2");
        return Split(name, VirtualMachine, work, "disk.qcow2");
    }

    public async Task<TestImage> UnifiedDiskAsync(string name)
    {
        var work = await MetadataAsync(name, name, Metadata.Created);
        await MakeDiskAsync(work, "rootfs.img");
        await RunAsync(work, "tar", "-czf", "image.tar.gz", "metadata.yaml", "rootfs.img");
        return TestImage.From(name, VirtualMachine, Path.Combine(work, "image.tar.gz"));
    }

    private async Task<string> MetadataAsync(string name, string release, DateTimeOffset created)
    {
        var work = Directory.CreateDirectory(Path.Combine(directory, name)).FullName;
        File.WriteAllText(Path.Combine(work, "metadata.yaml"), Metadata.Yaml("Busybox", release, created, $"Busybox {name}"));
        await RunAsync(work, "tar", "-cJf", "metadata.tar.xz", "metadata.yaml");
        return work;
    }

    private static async Task MakeRootAsync(string work)
    {
        var root = Path.Combine(work, "rootfs");
        foreach (var name in (string[])["bin", "sbin", "dev", "etc", "proc", "sys", "run", "tmp", "root"])
            Directory.CreateDirectory(Path.Combine(root, name));
        File.Copy(PeersTree.Root + "/usr/bin/busybox", Path.Combine(root, "bin/busybox"));
        foreach (var applet in (string[])["sh", "cat", "sleep"])
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");

        // Ends at the signal by which Incus asks a container to stop; the shell handles it as soon as its wait is interrupted.
        var init = Path.Combine(root, "sbin/init");
        File.WriteAllText(init, "#!/bin/sh\ntrap 'exit 0' PWR TERM\nwhile :; do sleep 60 & wait $!; done\n");
        await RunAsync(work, "chmod", "755", "rootfs/sbin/init");
        File.WriteAllText(Path.Combine(root, "etc/made-by"), "stapes\n");
    }

    private static async Task MakeDiskAsync(string work, string name)
    {
        var content = new byte[2 << 20];
        Random.Shared.NextBytes(content);
        File.WriteAllBytes(Path.Combine(work, "disk.raw"), content);
        await RunAsync(work, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", name);
    }

    private static TestImage Split(string name, string type, string work, string data) =>
        TestImage.From(name, type, Path.Combine(work, "metadata.tar.xz"), Path.Combine(work, data));

    private static Task<string> RunAsync(string work, string program, params IReadOnlyList<string> arguments) =>
        PeersTree.Run(work, program, arguments).OutputAsync();
}
