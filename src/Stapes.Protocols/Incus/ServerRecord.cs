using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>What a server says about itself (<c>Server</c> and <c>ServerUntrusted</c> in the REST API specification).</summary>
public sealed record ServerRecord
{
    public IReadOnlyDictionary<string, string>? Config { get; init; }

    /// <summary>What the server can do beyond the first version of the API; clients look here before they ask.</summary>
    public IReadOnlyList<string>? ApiExtensions { get; init; }

    public string ApiStatus { get; init => field = value ?? ""; } = "";

    public string ApiVersion { get; init => field = value ?? ""; } = "";

    /// <summary><c>trusted</c> or <c>untrusted</c>: what the caller is.</summary>
    public string Auth { get; init => field = value ?? ""; } = "";

    /// <summary>Whether clients should take it for a server that strangers get images from.</summary>
    public bool Public { get; init; }

    public IReadOnlyList<string>? AuthMethods { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AuthUserName { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AuthUserMethod { get; init; }

    /// <summary>Only for the trusted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ServerEnvironmentRecord? Environment { get; init; }
}

/// <summary>The machine and the program (<c>ServerEnvironment</c>); what is about instances is left out.</summary>
public sealed record ServerEnvironmentRecord
{
    /// <summary>Host and port, where others reach the server.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    /// <summary>PEM.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    /// <summary>SHA-256 of the certificate in DER, in lower-case hexadecimal digits.</summary>
    public string CertificateFingerprint { get; init => field = value ?? ""; } = "";

    public string Kernel { get; init => field = value ?? ""; } = "";

    public string KernelArchitecture { get; init => field = value ?? ""; } = "";

    public string Project { get; init => field = value ?? ""; } = "";

    public string Server { get; init => field = value ?? ""; } = "";

    public bool ServerClustered { get; init; }

    public string ServerEventMode { get; init => field = value ?? ""; } = "";

    public string ServerName { get; init => field = value ?? ""; } = "";

    public int ServerPid { get; init; }

    public string ServerVersion { get; init => field = value ?? ""; } = "";
}
