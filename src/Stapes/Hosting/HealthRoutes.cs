using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stapes.Protocols.Shared;

namespace Stapes.Hosting;

/// <summary>What load balancers and monitoring ask: <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>.</summary>
internal static class HealthRoutes
{
    /// <param name="routes">The server's routes.</param>
    /// <param name="readiness">Answers /readyz.</param>
    /// <param name="metrics">Answers /metrics.</param>
    /// <param name="openMetrics">
    /// Show the metrics to the network: they tell how many images there are, private ones too. Otherwise only the Unix socket has them.
    /// </param>
    public static void MapHealth(this IEndpointRouteBuilder routes, Readiness readiness, ServerMetrics metrics, bool openMetrics)
    {
        RequestDelegate alive = static context => WriteAsync(context, "ok\n", "text/plain");
        RequestDelegate ready = async context =>
        {
            var problem = await readiness.FindProblemAsync(context.RequestAborted);
            context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            await WriteAsync(context, (problem ?? "ok") + "\n", "text/plain");
        };
        RequestDelegate show = async context =>
        {
            if (!openMetrics && !context.IsLocal())
            {
                await Protocol.WritePlainError(context, StatusCodes.Status404NotFound, "Not found");
                return;
            }

            await WriteAsync(context, await MetricsText.RenderAsync(metrics, context.RequestAborted), MetricsText.ContentType);
        };

        foreach (var (path, handler) in new[] { ("/healthz", alive), ("/readyz", ready), ("/metrics", show) })
            routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], handler);
    }

    private static Task WriteAsync(HttpContext context, string text, string contentType)
    {
        var body = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.BodyWriter.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
