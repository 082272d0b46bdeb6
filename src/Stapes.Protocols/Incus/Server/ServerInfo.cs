using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;
using Stapes.Core.Images;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/</c> and <c>/1.0</c>: what the server is and can do.</summary>
internal static class ServerInfo
{
    /// <summary>What of the API beyond its first version works here. Clients rely on each.</summary>
    private static readonly IReadOnlyList<string> Extensions =
    [
        "etag",
        "patch",
        "image_create_aliases",
        "image_force_refresh",
        "operation_description",
        "event_lifecycle",
        "projects",
        "certificate_update",
        "certificate_project",
        "event_location",
        "image_types",
        "image_profiles",
        "images_push_relay",
        "image_source_project",
        "api_filtering",
        "event_project",
        "certificate_token",
        "images_all_projects",
        "oidc",
        "oidc_claim",
        "oidc_scopes",
        "image_copy_profile",
        "operations_get_query_all_projects",
        "event_lifecycle_name_and_project",
        "operation_wait",
        "explicit_trust_token",
        "auth_user",
        "certificate_description",
    ];

    private static readonly IReadOnlyDictionary<string, string> NoConfig = new Dictionary<string, string>();

    public static Task<IResult> VersionsAsync(IncusCall call) =>
        Task.FromResult(Reply.Sync(["/1.0"], IncusJsonContext.Default.IReadOnlyListString));

    public static Task<IResult> GetAsync(IncusCall call) => Task.FromResult(Reply.Sync(
        call.Caller.IsTrusted ? ForTrusted(call) : ForStrangers(call), IncusJsonContext.Default.ServerRecord, call.Caller.IsTrusted ? EntityTag.Of(NoConfig) : null));

    private static ServerRecord ForStrangers(IncusCall call) => new()
    {
        Config = NoConfig,
        ApiExtensions = Extensions,
        ApiStatus = "stable",
        ApiVersion = "1.0",
        Auth = "untrusted",
        Public = true,
        AuthMethods = call.Api.Options.AuthMethods,
    };

    private static ServerRecord ForTrusted(IncusCall call)
    {
        var identity = call.Api.Options.Identity();
        return ForStrangers(call) with
        {
            Auth = "trusted",
            Public = false,
            AuthUserName = call.Caller.Method is CallerMethod.Token ? call.Caller.Name : call.Caller.Id,
            AuthUserMethod = call.Caller.Method.ToString().ToLowerInvariant(),
            Environment = new()
            {
                Addresses = identity.Addresses,
                Architectures = [Architecture.Local.Name],
                Certificate = identity.Certificate,
                CertificateFingerprint = identity.CertificateFingerprint,
                Kernel = "Linux",
                KernelArchitecture = Architecture.Local.Name,
                Project = call.Project,
                Server = "stapes",
                ServerEventMode = "full-mesh",
                ServerName = Environment.MachineName,
                ServerPid = Environment.ProcessId,
                ServerVersion = call.Api.Options.Version,
            },
        };
    }
}
