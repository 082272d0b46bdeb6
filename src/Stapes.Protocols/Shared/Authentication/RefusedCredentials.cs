using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>
/// The request showed a credential that is none: it is answered with an error, never as a stranger's, because whoever believes to be known
/// would take what is public for all that there is. A feature of the request.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">One line.</param>
/// <param name="RetryAfter">How long to wait before the next attempt; null for no time.</param>
public sealed record RefusedCredentials(int Status, string Message, TimeSpan? RetryAfter = null)
{
    /// <summary>What tells a client how to prove itself, unless its protocol has another way.</summary>
    public const string Challenge = "Basic realm=\"stapes\", charset=\"UTF-8\"";

    internal static RefusedCredentials Wrong { get; } =
        new(StatusCodes.Status401Unauthorized, "The access token is wrong, or has expired: ask the administrator of this server for another one");

    /// <summary>In a path: then nothing is there.</summary>
    internal static RefusedCredentials WrongPath { get; } =
        new(StatusCodes.Status404NotFound, "There is no such file; fetch streams/v1/images.json again");

    internal static RefusedCredentials TooMany(TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, "Too many wrong secrets came from this address: wait before the next attempt", wait);

    /// <summary>Answers in the form of the protocol that the request is for.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var protocol = context.GetEndpoint()?.Metadata.GetMetadata<Protocol>() ?? Protocol.None;
        if (Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = Challenge;
        if (RetryAfter is { } wait)
            context.Response.Headers[HeaderNames.RetryAfter] = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Headers.CacheControl = "no-store";
        await protocol.WriteError(context, Status, Message);
    }
}
