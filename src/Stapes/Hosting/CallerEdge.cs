using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Protocols.Shared;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Hosting;

/// <summary>Has the caller of each request found before routing, and writes the audit log: a line for each write and for each refusal.</summary>
internal sealed partial class CallerEdge(RequestDelegate next, RequestAuthentication authentication, ILoggerFactory loggers)
{
    private readonly ILogger logger = loggers.CreateLogger(AuditLog.Category);

    /// <summary>Answers those whose credential is none, in the form of the protocol that routing has found.</summary>
    public static RequestDelegate AnswerRefused(RequestDelegate next) => context =>
        context.Features.Get<RefusedCredentials>() is { } refused ? refused.AnswerAsync(context) : next(context);

    public async Task InvokeAsync(HttpContext context)
    {
        await authentication.AuthenticateAsync(context);
        try
        {
            await next(context);
        }
        catch (Exception e) when (Note(context, e))
        {
            throw;
        }

        Audit(context, context.Response.StatusCode, "");
    }

    /// <summary>Notes a failure on its way to the edge, which answers it.</summary>
    private bool Note(HttpContext context, Exception e)
    {
        Audit(context, RequestEdge.StatusOf(context, e), e is Core.StapesException ? e.Message : "");
        return false;
    }

    private void Audit(HttpContext context, int status, string reason)
    {
        var isWrite = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        var isRefusal = context.Features.Get<RefusedCredentials>() is not null
            || status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests;
        if (!(isWrite || isRefusal) || !logger.IsEnabled(LogLevel.Information))
            return;
        var who = AuditLog.Quoted(NameOf(context));
        var from = context.IsLocal() ? "unix" : context.Connection.RemoteIpAddress?.ToString() ?? "-";
        var (kind, method, path) = (isRefusal ? "refused" : "write", Plain(context.Request.Method), AuditLog.Quoted(context.Request.Path.Value ?? ""));
        var (project, why) = (AuditLog.Quoted(context.Request.Query["project"].ToString()), AuditLog.Quoted(reason));
        LogAudit(kind, who, from, method, path, project, status, why);
    }

    /// <summary>A method is a token (RFC 9110, section 5.6.2), which has neither quotes nor spaces, but may be as long as the client likes.</summary>
    private static string Plain(string method) => method.Length > 16 ? method[..16] : method;

    private static string NameOf(HttpContext context)
    {
        var caller = context.Caller();
        // One that is not trusted yet, or no longer, can be found again by its certificate.
        return caller.Method is CallerMethod.None && context.Connection.ClientCertificate is { } certificate
            ? $"stranger ({AuditLog.Shortened(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant())})"
            : AuditLog.NameOf(caller);
    }

    // Of a query only the project: the rest may hold secrets.
    [LoggerMessage(Level = LogLevel.Information, Message = "audit {Kind} who=\"{Who}\" from={From} what={Method} path=\"{Path}\" project=\"{Project}\" status={Status} reason=\"{Reason}\"")]
    private partial void LogAudit(string kind, string who, string from, string method, string path, string project, int status, string reason);
}
