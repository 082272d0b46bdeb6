using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The Incus REST API, as far as it is about images. Source: Incus, <c>doc/rest-api.yaml</c>.</summary>
public static class IncusEndpoints
{
    /// <summary>Where the events are: the only path that is upgraded to a websocket.</summary>
    private const string EventsPath = "/1.0/events";

    /// <summary>How long a server that stops waits for operations: they write what has arrived already.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(30);

    /// <summary>Errors are written in the protocol's envelope; the host turns what handlers throw into them.</summary>
    private static readonly Protocol Incus = new("incus", WriteErrorAsync, static kind => kind is ErrorKind.Unavailable
        ? StatusCodes.Status500InternalServerError
        : ErrorStatus.Of(kind));

    /// <summary>Serves the API at <c>/</c> and <c>/1.0</c>. A route says whom it is for.</summary>
    public static IEndpointConventionBuilder MapIncus(this IEndpointRouteBuilder routes, IncusApiOptions options)
    {
        var services = routes.ServiceProvider;
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        var api = new IncusApi(options, services.GetRequiredService<ILoggerFactory>(), lifetime.ApplicationStopping);
        services.GetService<IdleMemory>()?.Register(api.Views.Release);
        lifetime.ApplicationStarted.Register(() => _ = api.Updates.RunAsync(api.Stopping));
        lifetime.ApplicationStopped.Register(() => api.Operations.Drain(LongestDrain));
        var group = routes.MapGroup("");
        group.WithProtocol(Incus);
        var incus = new Routes(group, api);

        incus.Anyone("GET", "/", ServerInfo.VersionsAsync);
        incus.Anyone("GET", "/1.0", ServerInfo.GetAsync);
        incus.Anyone("GET", "/1.0/images", Images.ListAsync);
        incus.Anyone("POST", "/1.0/images", Uploads.PostAsync);
        incus.Anyone("GET", "/1.0/images/{fingerprint}", Images.GetAsync);
        incus.Publisher("PUT", "/1.0/images/{fingerprint}", Images.PutAsync);
        incus.Publisher("PATCH", "/1.0/images/{fingerprint}", Images.PatchAsync);
        incus.Publisher("DELETE", "/1.0/images/{fingerprint}", Images.DeleteAsync);
        incus.Anyone("GET", "/1.0/images/{fingerprint}/export", Exports.GetAsync);
        incus.Anyone("HEAD", "/1.0/images/{fingerprint}/export", Exports.GetAsync);
        incus.Publisher("POST", "/1.0/images/{fingerprint}/export", Pushes.PostAsync);
        incus.Publisher("POST", "/1.0/images/{fingerprint}/refresh", Refreshes.PostAsync);
        incus.Viewer("POST", "/1.0/images/{fingerprint}/secret", Images.CreateSecretAsync);
        incus.Anyone("GET", "/1.0/images/aliases", Aliases.ListAsync);
        incus.Publisher("POST", "/1.0/images/aliases", Aliases.CreateAsync);
        incus.Anyone("GET", "/1.0/images/aliases/{**name}", Aliases.GetAsync);
        incus.Publisher("PUT", "/1.0/images/aliases/{**name}", Aliases.PutAsync);
        incus.Publisher("PATCH", "/1.0/images/aliases/{**name}", Aliases.PatchAsync);
        incus.Publisher("POST", "/1.0/images/aliases/{**name}", Aliases.RenameAsync);
        incus.Publisher("DELETE", "/1.0/images/aliases/{**name}", Aliases.DeleteAsync);
        incus.Known("GET", "/1.0/operations", OperationEndpoints.ListAsync);
        incus.Known("GET", "/1.0/operations/{id}", OperationEndpoints.GetAsync);
        incus.Known("DELETE", "/1.0/operations/{id}", OperationEndpoints.DeleteAsync);
        incus.Anyone("GET", "/1.0/operations/{id}/wait", OperationEndpoints.WaitAsync);
        incus.Known("GET", "/1.0/projects", Projects.ListAsync);
        incus.Known("GET", "/1.0/projects/{name}", Projects.GetAsync);
        incus.Admin("POST", "/1.0/projects", Projects.CreateAsync);
        incus.Admin("PUT", "/1.0/projects/{name}", Projects.PutAsync);
        incus.Admin("PATCH", "/1.0/projects/{name}", Projects.PutAsync);
        incus.Admin("DELETE", "/1.0/projects/{name}", Projects.DeleteAsync);
        incus.Known("GET", "/1.0/certificates", Certificates.ListAsync);
        incus.Anyone("POST", "/1.0/certificates", Certificates.PostAsync);
        incus.Known("GET", "/1.0/certificates/{fingerprint}", Certificates.GetAsync);
        incus.Admin("PUT", "/1.0/certificates/{fingerprint}", Certificates.PutAsync);
        incus.Admin("PATCH", "/1.0/certificates/{fingerprint}", Certificates.PatchAsync);
        incus.Admin("DELETE", "/1.0/certificates/{fingerprint}", Certificates.DeleteAsync);
        incus.Admin("GET", "/stapes/1.0/tokens", AccessTokens.ListAsync);
        incus.Admin("POST", "/stapes/1.0/tokens", AccessTokens.PostAsync);
        incus.Admin("DELETE", "/stapes/1.0/tokens/{**name}", AccessTokens.DeleteAsync);
        incus.Admin("GET", "/stapes/1.0/oidc", OidcUsers.ListAsync);
        incus.Admin("POST", "/stapes/1.0/oidc", OidcUsers.PostAsync);
        incus.Admin("GET", "/stapes/1.0/oidc/{**name}", OidcUsers.GetAsync);
        incus.Admin("DELETE", "/stapes/1.0/oidc/{**name}", OidcUsers.DeleteAsync);
        incus.Known("GET", EventsPath, Events.GetAsync);
        incus.Otherwise("/1.0/{**rest}");
        return group;
    }

    internal static StapesException NotAuthorized() => new(ErrorKind.Forbidden, "not authorized");

    private static async Task WriteErrorAsync(HttpContext context, int status, string message) =>
        await Reply.Error(status, message).ExecuteAsync(context);

    private sealed class Routes(IEndpointRouteBuilder group, IncusApi api)
    {
        /// <summary>For strangers too, unless they insist that they are trusted.</summary>
        public void Anyone(string method, string path, Func<IncusCall, Task<IResult>> handler) => Map(method, path, call =>
            call.Caller.IsTrusted || !call.Request.Headers.ContainsKey("X-Incus-authenticated") ? handler(call) : throw NotAuthorized());

        /// <summary>For whoever the server knows; what they are shown depends on who they are.</summary>
        public void Known(string method, string path, Func<IncusCall, Task<IResult>> handler) =>
            Only(method, path, static call => call.Caller.IsTrusted, handler);

        /// <summary>For those who see the private images of the project that the request is about.</summary>
        public void Viewer(string method, string path, Func<IncusCall, Task<IResult>> handler) =>
            Only(method, path, static call => call.Caller.MaySeePrivate(call.Project), handler);

        /// <summary>For those who may write to the project that the request is about.</summary>
        public void Publisher(string method, string path, Func<IncusCall, Task<IResult>> handler) =>
            Only(method, path, static call => call.Caller.MayWrite(call.Project), handler);

        /// <summary>For those who may change identities and projects.</summary>
        public void Admin(string method, string path, Func<IncusCall, Task<IResult>> handler) =>
            Only(method, path, static call => call.Caller.IsAdmin, handler);

        public void Otherwise(string path) => group.Map(path, Run(static call => call.Caller.IsTrusted
            ? throw new StapesException(ErrorKind.NotFound, $"This server has no {call.Request.Method} {call.Request.Path}: it keeps images only")
            : throw NotAuthorized()));

        /// <summary>Refused before anything is looked up: the answer does not tell what there is.</summary>
        private void Only(string method, string path, Func<IncusCall, bool> mayCall, Func<IncusCall, Task<IResult>> handler) =>
            Map(method, path, call => mayCall(call) ? handler(call) : throw NotAuthorized());

        private void Map(string method, string path, Func<IncusCall, Task<IResult>> handler) =>
            group.MapMethods(path, [method], path == EventsPath ? Upgradable(Run(handler)) : Run(handler));

        private RequestDelegate Run(Func<IncusCall, Task<IResult>> handler) => async context =>
        {
            var call = new IncusCall(context, api);
            KeepFromOthers(call);
            var result = await handler(call);
            await result.ExecuteAsync(context);
        };

        /// <summary>A cache does not know what others may see (RFC 9111, sections 4.1 and 5.2.2.7).</summary>
        private static void KeepFromOthers(IncusCall call)
        {
            var headers = call.Http.Response.Headers;
            headers.Vary = BlobResponse.ByCaller;
            if (call.Caller.IsTrusted || call.Query("secret") is { Length: > 0 })
                headers.CacheControl = "private, no-cache";
        }

        private RequestDelegate Upgradable(RequestDelegate handler)
        {
            var pipeline = group.CreateApplicationBuilder();
            pipeline.UseWebSockets();
            pipeline.Run(handler);
            return pipeline.Build();
        }
    }
}
