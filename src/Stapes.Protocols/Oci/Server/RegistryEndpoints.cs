using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stapes.Core;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Oci.Server;

/// <summary>The registry. Source: OCI distribution-spec 1.1.</summary>
public static class RegistryEndpoints
{
    private static readonly Protocol Oci = new("oci", RegistryErrors.WriteAsync, static kind => kind is ErrorKind.Unavailable
        ? StatusCodes.Status500InternalServerError
        : ErrorStatus.Of(kind));

    /// <summary>What the registry takes, and who answers it.</summary>
    internal static IReadOnlyDictionary<(string Method, RegistryResource Resource), Func<RegistryCall, Task>> Handlers { get; } =
        new Dictionary<(string, RegistryResource), Func<RegistryCall, Task>>
        {
            [("GET", RegistryResource.Version)] = Lists.GetVersionAsync,
            [("HEAD", RegistryResource.Version)] = Lists.GetVersionAsync,
            [("GET", RegistryResource.Token)] = TokenEndpoint.GetAsync,
            [("POST", RegistryResource.Token)] = TokenEndpoint.PostAsync,
            [("GET", RegistryResource.Repositories)] = Lists.GetRepositoriesAsync,
            [("HEAD", RegistryResource.Repositories)] = Lists.GetRepositoriesAsync,
            [("GET", RegistryResource.Tags)] = Lists.GetTagsAsync,
            [("HEAD", RegistryResource.Tags)] = Lists.GetTagsAsync,
            [("GET", RegistryResource.Referrers)] = Referrers.GetAsync,
            [("HEAD", RegistryResource.Referrers)] = Referrers.GetAsync,
            [("GET", RegistryResource.Manifest)] = Manifests.GetAsync,
            [("HEAD", RegistryResource.Manifest)] = Manifests.GetAsync,
            [("PUT", RegistryResource.Manifest)] = Manifests.PutAsync,
            [("DELETE", RegistryResource.Manifest)] = Manifests.DeleteAsync,
            [("GET", RegistryResource.Blob)] = Blobs.GetAsync,
            [("HEAD", RegistryResource.Blob)] = Blobs.GetAsync,
            [("DELETE", RegistryResource.Blob)] = Blobs.DeleteAsync,
            [("POST", RegistryResource.Uploads)] = Uploads.BeginAsync,
            [("GET", RegistryResource.Upload)] = Uploads.GetAsync,
            [("HEAD", RegistryResource.Upload)] = Uploads.GetAsync,
            [("PATCH", RegistryResource.Upload)] = Uploads.AppendAsync,
            [("PUT", RegistryResource.Upload)] = Uploads.FinishAsync,
            [("DELETE", RegistryResource.Upload)] = Uploads.CancelAsync,
        };

    /// <summary>Serves the registry at <c>/v2/</c>.</summary>
    public static IEndpointConventionBuilder MapRegistry(this IEndpointRouteBuilder routes, RegistryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var group = routes.MapGroup(RegistryPath.Segment);
        group.WithProtocol(Oci);
        RequestDelegate handler = context => RunAsync(context, options);
        group.Map("/{**path}", handler);
        return group;
    }

    private static async Task RunAsync(HttpContext context, RegistryOptions options)
    {
        // Clients of Docker's registry look for it.
        context.Response.Headers["Docker-Distribution-API-Version"] = "registry/2.0";
        try
        {
            var path = RegistryPath.Parse((string?)context.Request.RouteValues["path"] ?? "");
            var access = RegistryAuthentication.AccessOf(context, options.Policy);
            await HandlerOf(context.Request.Method, path)(new(context, options, access, path));
        }
        catch (StapesException e) when (!context.Response.HasStarted && RegistryErrors.Translate(e) is { } error)
        {
            await RegistryErrors.WriteAsync(context, error);
        }
    }

    private static Func<RegistryCall, Task> HandlerOf(string method, RegistryPath path)
    {
        if (path.Resource is RegistryResource.Unknown)
            throw new RegistryException(404, "NAME_UNKNOWN", "The registry has no such path");
        if (path.Name.Length > 0 && !RegistryPath.IsName(path.Name))
            throw RegistryException.NameInvalid(path.Name);
        return Handlers.GetValueOrDefault((method, path.Resource)) ?? throw RegistryException.Unsupported($"The registry does not take {method} there");
    }
}
