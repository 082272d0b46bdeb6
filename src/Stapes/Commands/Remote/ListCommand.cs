using System.CommandLine;
using System.Text.Json.Serialization;
using Stapes.Commands.Image;
using Stapes.Output;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote list</c>.</summary>
internal static class ListCommand
{
    private static readonly Option<string> ColumnsOption = new("--columns", "-c") { Description = "Columns", HelpName = "LETTERS", DefaultValueFactory = static _ => "nupaPsg" };

    private static readonly Option<ListFormat> Format = FormatOption.Create();

    public static Command Create()
    {
        var command = new Command("list", """
            List the available remotes

            Columns, for tables and CSV, with or without commas between them:
              n  name        u  URL       p  protocol    a  auth type
              P  public      s  static    g  global
            """) { ColumnsOption, Format };
        command.Aliases.Add("ls");
        command.SetAction(static result =>
        {
            var configuration = ClientConfiguration.Read(RemoteOptions.Paths(result));
            var columns = Columns.Parse(result.GetRequiredValue(ColumnsOption), letter => Letter(letter, configuration.DefaultRemote));
            var rows = configuration.Remotes.Values.Select(r => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(r))]).Order(NaturalRowOrder.Instance).ToList();
            var (output, format) = (result.InvocationConfiguration.Output, result.GetRequiredValue(Format));
            string[] headers = [.. columns.Select(static c => c.Header)];
            if (format.Kind is ListKind.Yaml)
                ListPrinter.Print(output, format, headers, rows, configuration.Remotes.ToDictionary(static r => r.Key, static r => RemoteYaml.Of(r.Value)), RemoteYamlContext.Default.DictionaryStringRemoteYaml);
            else
                ListPrinter.Print(output, format, headers, rows, configuration.Remotes.ToDictionary(static r => r.Key, static r => RemoteJson.Of(r.Value)), RemoteJsonContext.Default.DictionaryStringRemoteJson);
        });
        return command;
    }

    private static Column<ConfiguredRemote>? Letter(char letter, string current) => letter switch
    {
        'n' => new("NAME", r => r.Name == current ? $"{r.Name} (current)" : r.Name),
        'u' => new("URL", static r => string.Join('\n', r.ShownAddresses)),
        'p' => new("PROTOCOL", static r => r.Protocol),
        'a' => new("AUTH TYPE", static r => r.ShownAuthType),
        'P' => new("PUBLIC", static r => r.Public ? "YES" : "NO"),
        's' => new("STATIC", static r => r.IsStatic ? "YES" : "NO"),
        // Those of the whole system are the Incus client's own.
        'g' => new("GLOBAL", static _ => "NO"),
        _ => null,
    };
}

/// <summary>A remote as the Incus client prints it in JSON, with its own names for the fields.</summary>
internal sealed record RemoteJson(
    IReadOnlyList<string> Addrs, string LastWorkingAddr, string AuthType, int KeepAlive, string Project, string Protocol, string CredHelper, bool Public, bool Global, bool Static,
    [property: JsonPropertyName("TLS")] string? Tls)
{
    public static RemoteJson Of(ConfiguredRemote remote) =>
        new([.. remote.ShownAddresses], "", remote.AuthType, remote.KeepAlive, remote.Project, remote.Protocol, remote.CredentialsHelper, remote.Public, Global: false, remote.IsStatic, Tls: null);
}

/// <summary>A remote as the Incus client prints it in YAML: as in its configuration.</summary>
internal sealed record RemoteYaml
{
    public string? AuthType { get; private init; }

    [JsonPropertyName("keepalive")]
    public int? KeepAlive { get; private init; }

    public string? Project { get; private init; }

    public string? Protocol { get; private init; }

    public string? CredentialsHelper { get; private init; }

    public bool Public { get; private init; }

    public string Addr { get; private init; } = "";

    public static RemoteYaml Of(ConfiguredRemote remote) => new()
    {
        AuthType = NullIfEmpty(remote.AuthType),
        KeepAlive = remote.KeepAlive == 0 ? null : remote.KeepAlive,
        Project = NullIfEmpty(remote.Project),
        Protocol = remote.Protocol,
        CredentialsHelper = NullIfEmpty(remote.CredentialsHelper),
        Public = remote.Public,
        Addr = string.Join(',', remote.ShownAddresses),
    };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

[JsonSerializable(typeof(Dictionary<string, RemoteJson>))]
internal sealed partial class RemoteJsonContext : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, RemoteYaml>))]
internal sealed partial class RemoteYamlContext : JsonSerializerContext;
