using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Writes failures as the specification wants them.</summary>
internal static class RegistryErrors
{
    /// <summary>How long a client that is told to wait waits, in seconds.</summary>
    private const int RetrySeconds = 5;

    /// <summary>Answers what a handler threw.</summary>
    public static Task WriteAsync(HttpContext context, RegistryException error)
    {
        if (error.Challenge is not null)
            context.Response.Headers.WWWAuthenticate = error.Challenge;
        if (error.Status == StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = RetrySeconds.ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, error.Status, error.Details is []
            ? [new() { Code = error.Code, Message = error.Message }]
            : [.. error.Details.Select(d => new ErrorRecord { Code = error.Code, Message = error.Message, Detail = d })]);
    }

    /// <summary>Answers a failure of which only the status is known.</summary>
    public static Task WriteAsync(HttpContext context, int status, string message)
    {
        if (status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = RegistryAuthentication.Challenge(context.Request, scope: null, "invalid_token");
        return WriteAsync(context, status, [new() { Code = CodeOf(status), Message = message }]);
    }

    /// <summary>What the repositories refuse, in the words of the specification; null for what is not theirs to say.</summary>
    public static RegistryException? Translate(StapesException exception) => exception switch
    {
        RegistryException known => known,
        RepositoryException { Fault: RepositoryFault.MissingContent } e => new(404, "MANIFEST_BLOB_UNKNOWN", e.Message) { Details = [.. e.Digests.Take(100)] },
        RepositoryException { Fault: RepositoryFault.WrongSize } e => new(400, "SIZE_INVALID", e.Message) { Details = e.Digests },
        RepositoryException { Fault: RepositoryFault.WrongDigest } e => new(400, "DIGEST_INVALID", e.Message) { Details = e.Digests },
        RepositoryException { Fault: RepositoryFault.TooLarge } e => new(413, "SIZE_INVALID", e.Message),
        RepositoryException { Fault: RepositoryFault.WrongOffset } e => new(416, "BLOB_UPLOAD_INVALID", e.Message),
        RepositoryException { Fault: RepositoryFault.UnknownUpload } e => new(404, "BLOB_UPLOAD_UNKNOWN", e.Message),
        RepositoryException { Fault: RepositoryFault.InUse } e => new(405, "UNSUPPORTED", e.Message) { Details = e.Digests },
        RepositoryException { Fault: RepositoryFault.TooManyUploads } e => new(429, "TOOMANYREQUESTS", e.Message),
        { Kind: ErrorKind.Invalid } e => RegistryException.UploadInvalid(e.Message),
        _ => null,
    };

    private static Task WriteAsync(HttpContext context, int status, IReadOnlyList<ErrorRecord> errors)
    {
        context.Response.StatusCode = status;
        return RegistryReply.WriteJsonAsync(
            context, JsonSerializer.SerializeToUtf8Bytes(new ErrorList { Errors = errors }, RegistryJson.Context.ErrorList), RegistryReply.Json);
    }

    private static string CodeOf(int status) => status switch
    {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        404 => "NAME_UNKNOWN",
        413 => "SIZE_INVALID",
        429 => "TOOMANYREQUESTS",
        412 => "MANIFEST_INVALID",
        >= 500 => "UNKNOWN",
        _ => "UNSUPPORTED",
    };
}
