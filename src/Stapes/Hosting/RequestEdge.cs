using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Protocols.Shared;

namespace Stapes.Hosting;

/// <summary>
/// Where requests come in and failures end: counts, logs, and turns exceptions into errors in the form of the protocol whose endpoint
/// threw. Once a response has begun, only breaking the connection tells the client that it failed.
/// </summary>
internal sealed partial class RequestEdge(RequestDelegate next, ServerMetrics metrics, ILogger<RequestEdge> logger)
{
    /// <summary>The client went away before the answer was complete; nginx's number, seen in logs and metrics only.</summary>
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var sent = new SentBytes();
        context.Features.Set(sent);
        metrics.RequestStarted();
        int? failed = null;
        try
        {
            await next(context);
        }
        // The edge of a request: one that fails in whatever way must not take others with it.
        catch (Exception e)
        {
            failed = await FailAsync(context, e);
        }

        var status = failed ?? context.Response.StatusCode;
        var bytes = sent.Of(context);
        metrics.RequestFinished(ProtocolOf(context).Name, status, bytes);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            var remote = context.IsLocal() ? "unix" : context.Connection.RemoteIpAddress?.ToString() ?? "-";
            var milliseconds = (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            var path = context.Request.Path.Value ?? "";
            LogRequest(context.Request.Method, path, status, bytes, milliseconds, remote);
        }
    }

    /// <returns>The status to log; other than the response's own when that had begun.</returns>
    private async Task<int> FailAsync(HttpContext context, Exception exception)
    {
        var protocol = ProtocolOf(context);
        if (context.RequestAborted.IsCancellationRequested)
            return ClientClosedRequest;
        var status = StatusOf(context, exception);
        var message = exception is StapesException or BadHttpRequestException ? exception.Message : "The server failed; its log says why";
        if (exception is not (StapesException or BadHttpRequestException))
            LogUnexpected(exception, context.Request.Method, context.Request.Path);
        else if (status >= StatusCodes.Status500InternalServerError)
            LogFailed(context.Request.Method, context.Request.Path, message);

        if (context.Response.HasStarted)
        {
            context.Abort();
            return status;
        }

        context.Response.Clear();
        try
        {
            await protocol.WriteError(context, status, message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return ClientClosedRequest;
        }

        return status;
    }

    /// <summary>The status that a failure is answered with.</summary>
    public static int StatusOf(HttpContext context, Exception exception) => exception switch
    {
        StapesException e => ProtocolOf(context).StatusOf(e.Kind),
        BadHttpRequestException e => e.StatusCode,
        _ => context.RequestAborted.IsCancellationRequested ? ClientClosedRequest : StatusCodes.Status500InternalServerError,
    };

    private static Protocol ProtocolOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Protocol>() ?? Protocol.None;

    // The path only: queries hold the secrets of private images, headers credentials.
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path} {Status} {Bytes} bytes {Milliseconds} ms {Remote}")]
    private partial void LogRequest(string method, string path, int status, long bytes, long milliseconds, string remote);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogUnexpected(Exception exception, string method, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed: {Reason}")]
    private partial void LogFailed(string method, string path, string reason);
}
