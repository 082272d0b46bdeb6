using System.Globalization;
using Stapes.Core;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Remotes;

/// <summary>
/// <c>config.yml</c> as a tree: what Stapes does not know survives every rewrite. Source: Incus, <c>shared/cliconfig</c>; several addresses
/// of a remote are one text, with commas between them.
/// </summary>
internal sealed class ConfigurationYaml
{
    private const string DefaultKey = "default-remote";
    private const string RemotesKey = "remotes";

    private static readonly HashSet<string> Keywords = new(["true", "false", "null", "yes", "no", "on", "off", "y", "n"], StringComparer.OrdinalIgnoreCase);

    private readonly YamlMappingNode root;

    private ConfigurationYaml(YamlMappingNode root) => this.root = root;

    public string? DefaultRemote
    {
        get => Text(root, DefaultKey);
        set => Set(root, DefaultKey, value ?? "");
    }

    public static ConfigurationYaml Create() => new(new());

    /// <exception cref="StapesException">Invalid: it is no such file.</exception>
    public static ConfigurationYaml Parse(string path, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            throw new StapesException(ErrorKind.Invalid, $"{path} is not valid YAML{(e is YamlException at ? $", line {at.Start.Line}" : "")}: {e.Message.ReplaceLineEndings(" ")}; correct it, or move it away to start anew", e);
        }

        return stream.Documents switch
        {
            [] => Create(),
            [{ RootNode: YamlMappingNode map }, ..] => new(map),
            _ => throw new StapesException(ErrorKind.Invalid, $"{path} is not a configuration: it has no remotes; correct it, or move it away to start anew"),
        };
    }

    /// <exception cref="StapesException">Invalid: a remote has no address.</exception>
    public IEnumerable<ConfiguredRemote> Remotes(string path)
    {
        if (!root.Children.TryGetValue(RemotesKey, out var node) || node is not YamlMappingNode remotes)
            yield break;
        foreach (var (key, value) in remotes)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            var addresses = (value is YamlMappingNode map ? Text(map, "addr") : null)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
            if (addresses.Length == 0)
                throw new StapesException(ErrorKind.Invalid, $"{path}: the remote \"{name}\" has no address; give it an \"addr\", or remove it");
            map = (YamlMappingNode)value;
            yield return new(name, addresses)
            {
                Protocol = Text(map, "protocol") is { Length: > 0 } protocol ? protocol : ConfiguredRemote.Incus,
                AuthType = Text(map, "auth_type") ?? "",
                Project = Text(map, "project") ?? "",
                CredentialsHelper = Text(map, "credentials_helper") ?? "",
                KeepAlive = int.TryParse(Text(map, "keepalive"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0,
                Public = Text(map, "public") is "true",
            };
        }
    }

    /// <summary>Adds a remote, or changes the fields that Stapes knows of one.</summary>
    public void Set(ConfiguredRemote remote)
    {
        var remotes = RemotesNode();
        if (!remotes.Children.TryGetValue(remote.Name, out var node) || node is not YamlMappingNode map)
            remotes.Children[Scalar(remote.Name)] = map = new();
        Set(map, "addr", string.Join(',', remote.Addresses));
        Set(map, "auth_type", remote.AuthType);
        Set(map, "keepalive", remote.KeepAlive > 0 ? remote.KeepAlive.ToString(CultureInfo.InvariantCulture) : "", plain: true);
        Set(map, "project", remote.Project);
        Set(map, "protocol", remote.Protocol);
        Set(map, "credentials_helper", remote.CredentialsHelper);
        Set(map, "public", remote.Public ? "true" : "false", plain: true);
    }

    public void Remove(string remote) => RemotesNode().Children.Remove(remote);

    public void Rename(string remote, string newName)
    {
        var remotes = RemotesNode();
        if (remotes.Children.Remove(remote, out var node))
            remotes.Children[Scalar(newName)] = node;
    }

    public override string ToString()
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        // The end of a document, which files of one document do without.
        return text.ToString().TrimEnd().TrimEnd('.').TrimEnd() + "\n";
    }

    private YamlMappingNode RemotesNode()
    {
        if (!root.Children.TryGetValue(RemotesKey, out var node) || node is not YamlMappingNode remotes)
            root.Children[RemotesKey] = remotes = new();
        // Block style: what was {} before would stay on one line.
        remotes.Style = YamlDotNet.Core.Events.MappingStyle.Block;
        return remotes;
    }

    private static string? Text(YamlMappingNode map, string key) => map.Children.TryGetValue(key, out var value) ? (value as YamlScalarNode)?.Value : null;

    private static void Set(YamlMappingNode map, string key, string value, bool plain = false)
    {
        if (value.Length == 0)
            map.Children.Remove(key);
        else if (Text(map, key) != value)
            map.Children[key] = plain ? value : Scalar(value);
    }

    // Some words would be read as something else than text.
    private static YamlScalarNode Scalar(string value) => new(value)
    {
        Style = char.IsAsciiLetter(value[0]) && !Keywords.Contains(value) && value.All(static c => char.IsAsciiLetterOrDigit(c) || "-_./:@,%".Contains(c, StringComparison.Ordinal))
            ? ScalarStyle.Plain
            : ScalarStyle.DoubleQuoted,
    };
}
