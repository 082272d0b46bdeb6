using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stapes.Core;

namespace Stapes.Protocols.Shared;

/// <summary>Writes an error in a protocol's own form: the status, the content type and a body that holds the message.</summary>
/// <param name="context">The request; nothing of the response has been sent.</param>
/// <param name="status">The HTTP status, 400 or above.</param>
/// <param name="message">One line for the user of the client.</param>
public delegate Task ErrorWriter(HttpContext context, int status, string message);

/// <summary>
/// What the server needs to know of a protocol. A protocol puts it on its route group with
/// <see cref="ProtocolEndpoints.WithProtocol{TBuilder}"/>; its handlers then simply throw <see cref="StapesException"/>.
/// </summary>
/// <param name="Name">The protocol in metrics and logs, in lower case.</param>
/// <param name="WriteError">The form of its errors.</param>
/// <param name="Status">Its status for each kind of failure; <see cref="ErrorStatus.Of"/> where it is null.</param>
public sealed record Protocol(string Name, ErrorWriter WriteError, Func<ErrorKind, int>? Status = null)
{
    /// <summary>Requests that no protocol claims: health checks, metrics and unknown paths. Errors are a line of text.</summary>
    public static Protocol None { get; } = new("none", WritePlainError);

    /// <summary>Errors as a line of plain text.</summary>
    public static Task WritePlainError(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }

    public int StatusOf(ErrorKind kind) => Status?.Invoke(kind) ?? ErrorStatus.Of(kind);
}

public static class ProtocolEndpoints
{
    /// <summary>Says which protocol the endpoints of a group speak.</summary>
    public static TBuilder WithProtocol<TBuilder>(this TBuilder endpoints, Protocol protocol)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(protocol);
}
