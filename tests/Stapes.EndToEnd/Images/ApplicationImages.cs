using Stapes.EndToEnd.Peers;

namespace Stapes.EndToEnd.Images;

/// <summary>Makes an application image with umoci: a shell, and an entry point that tells how it was started.</summary>
internal static class ApplicationImages
{
    private const string EntryPoint = """
        #!/bin/sh
        { echo "args $*"; echo "cwd $(pwd)"; echo "variable $VARIABLE"; echo "user $(id -u):$(id -g)"; } >/data/told
        trap 'exit 0' TERM QUIT
        while :; do sleep 60 & wait $!; done

        """;

    /// <summary>What <c>/data/told</c> holds when the entry point ran as the configuration wants it.</summary>
    public const string Told = "args one two words\ncwd /etc\nvariable value\nuser 1234:1235\n";

    /// <summary>A layout with the image <c>app</c>, in a directory of the peers' tree.</summary>
    public static async Task MakeAsync(string work)
    {
        var root = Path.Combine(work, "rootfs");
        foreach (var name in (string[])["bin", "etc", "data", "usr/lib"])
            Directory.CreateDirectory(Path.Combine(root, name));
        File.Copy(PeersTree.Root + "/usr/bin/busybox", Path.Combine(root, "bin/busybox"));
        foreach (var applet in (string[])["sh", "cat", "sleep", "id"])
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        File.CreateSymbolicLink(Path.Combine(root, "lib"), "usr/lib");
        File.WriteAllText(Path.Combine(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\napp:x:1234:1235:app:/home/app:/bin/sh\n");
        File.WriteAllText(Path.Combine(root, "etc/group"), "root:x:0:\napp:x:1235:\n");
        File.WriteAllText(Path.Combine(root, "etc/removed"), "by the second layer\n");
        File.WriteAllText(Path.Combine(root, "entry"), EntryPoint);
        await RunAsync(work, "chmod", "755", "rootfs/entry");
        await RunAsync(work, "chmod", "1777", "rootfs/data");
        await RunAsync(work, "tar", "-cf", "base.tar", "-C", "rootfs", ".");

        var changes = Directory.CreateDirectory(Path.Combine(work, "changes/lib")).Parent!.FullName;
        File.WriteAllText(Path.Combine(changes, "lib/through-link"), "in usr/lib\n");
        Directory.CreateDirectory(Path.Combine(changes, "etc"));
        File.WriteAllText(Path.Combine(changes, "etc/.wh.removed"), "");
        await RunAsync(work, "ln", "changes/lib/through-link", "changes/etc/hard-link");
        await RunAsync(work, "tar", "-cf", "changes.tar", "-C", "changes", "lib", "etc/.wh.removed", "etc/hard-link");

        await RunAsync(work, "umoci", "init", "--layout", "layout");
        await RunAsync(work, "umoci", "new", "--image", "layout:app");
        await RunAsync(work, "umoci", "raw", "add-layer", "--image", "layout:app", "base.tar");
        await RunAsync(work, "umoci", "raw", "add-layer", "--image", "layout:app", "changes.tar");
        await RunAsync(work, "umoci", "config", "--image", "layout:app", "--architecture", Metadata.Architecture == "aarch64" ? "arm64" : "amd64",
            "--config.entrypoint", "/entry", "--config.cmd", "one", "--config.cmd", "two words", "--config.env", "VARIABLE=value", "--config.env", "PATH=/bin",
            "--config.workingdir", "/etc", "--config.user", "app", "--config.volume", "/data");
    }

    private static Task<string> RunAsync(string work, string program, params IReadOnlyList<string> arguments) => PeersTree.Run(work, program, arguments).OutputAsync();
}
