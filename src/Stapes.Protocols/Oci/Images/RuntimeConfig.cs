using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// The runtime configuration (config.json) of an application image, as Incus has umoci make it and then takes the image's volumes out:
/// they are directories of the instance's own disk. Sources: OCI runtime-spec 1.2; OCI image-spec 1.1, «Conversion to OCI Runtime Configuration».
/// </summary>
internal static class RuntimeConfig
{
    private static readonly string[] Capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    private static readonly string[] CapabilitySets = ["bounding", "effective", "inheritable", "permitted", "ambient"];

    private static readonly string[] MaskedPaths =
        ["/proc/kcore", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"];

    private static readonly string[] ReadOnlyPaths = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly (string Destination, string Type, string Source, string[] Options)[] Mounts =
    [
        ("/proc", "proc", "proc", []),
        ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        ("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        ("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        ("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        ("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        ("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ];

    /// <param name="image">The image's configuration.</param>
    /// <param name="user">Whom it runs as.</param>
    /// <returns>JSON, the same for the same image.</returns>
    /// <exception cref="Stapes.Core.StapesException">Invalid: an environment variable without a name or a value.</exception>
    public static byte[] Write(OciImageConfig image, ImageUser user)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", "1.2.1");
            WriteProcess(json, image.Config ?? new(), user);
            json.WriteStartObject("root");
            json.WriteString("path", "rootfs");
            json.WriteEndObject();
            json.WriteString("hostname", "umoci-default");
            WriteMounts(json);
            json.WriteStartObject("annotations");
            foreach (var (name, value) in Annotations(image))
                json.WriteString(name, value);
            json.WriteEndObject();
            WriteLinux(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, OciContainerConfig config, ImageUser user)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", true);
        json.WriteStartObject("user");
        json.WriteNumber("uid", user.UserId);
        json.WriteNumber("gid", user.GroupId);
        if (user.AdditionalGroupIds.Count > 0)
        {
            json.WriteStartArray("additionalGids");
            foreach (var group in user.AdditionalGroupIds)
                json.WriteNumberValue(group);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        string[] arguments = [.. config.Entrypoint ?? [], .. config.Cmd ?? []];
        WriteStrings(json, "args", arguments is [] ? ["sh"] : arguments);
        WriteStrings(json, "env", Environment(config, user));
        json.WriteString("cwd", string.IsNullOrEmpty(config.WorkingDir) ? "/" : config.WorkingDir);
        json.WriteStartObject("capabilities");
        foreach (var set in CapabilitySets)
            WriteStrings(json, set, Capabilities);
        json.WriteEndObject();
        json.WriteStartArray("rlimits");
        json.WriteStartObject();
        json.WriteString("type", "RLIMIT_NOFILE");
        json.WriteNumber("hard", 1024);
        json.WriteNumber("soft", 1024);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteEndObject();
    }

    /// <summary>A later value of a variable stands where the first one stood; HOME is added where the image has none.</summary>
    private static List<string> Environment(OciContainerConfig config, ImageUser user)
    {
        List<string> environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"];
        foreach (var variable in config.Env ?? [])
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw RootTree.Invalid($"sets the environment variable {RootTree.Shown(variable)}, which is not NAME=VALUE");
            var present = environment.FindIndex(e => e.StartsWith(variable[..(equals + 1)], StringComparison.Ordinal));
            if (present < 0)
                environment.Add(variable);
            else
                environment[present] = variable;
        }

        if (user.Home.Length > 0 && !environment.Exists(static e => e.StartsWith("HOME=", StringComparison.Ordinal)))
            environment.Add($"HOME={user.Home}");
        return environment;
    }

    private static void WriteMounts(Utf8JsonWriter json)
    {
        json.WriteStartArray("mounts");
        foreach (var (destination, type, source, options) in Mounts)
        {
            json.WriteStartObject();
            json.WriteString("destination", destination);
            json.WriteString("type", type);
            json.WriteString("source", source);
            if (options.Length > 0)
                WriteStrings(json, "options", options);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What the image says and a runtime configuration has no field for. Labels win.</summary>
    private static SortedDictionary<string, string> Annotations(OciImageConfig image)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Set("os", image.Os);
        Set("architecture", image.Architecture);
        Set("variant", image.Variant);
        Set("author", image.Author);
        Set("created", image.Created?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ"));
        Set("stopSignal", image.Config?.StopSignal);
        Set("exposedPorts", string.Join(',', image.Config?.ExposedPorts?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()));
        foreach (var (name, value) in image.Config?.Labels ?? new Dictionary<string, string>())
            annotations[name] = value;
        return annotations;

        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                annotations[$"org.opencontainers.image.{name}"] = value;
        }
    }

    private static void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", false);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("namespaces");
        foreach (var name in (string[])["cgroup", "pid", "network", "ipc", "uts", "mount"])
        {
            json.WriteStartObject();
            json.WriteString("type", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteStrings(json, "maskedPaths", MaskedPaths);
        WriteStrings(json, "readonlyPaths", ReadOnlyPaths);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
