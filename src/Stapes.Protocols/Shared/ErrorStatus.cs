using Microsoft.AspNetCore.Http;
using Stapes.Core;

namespace Stapes.Protocols.Shared;

public static class ErrorStatus
{
    /// <summary>The HTTP status (RFC 9110, section 15) of a kind of failure, where a protocol has no other.</summary>
    public static int Of(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorKind.Full => StatusCodes.Status507InsufficientStorage,
        ErrorKind.TooMany => StatusCodes.Status429TooManyRequests,
        ErrorKind.Unavailable => StatusCodes.Status502BadGateway,
        _ => StatusCodes.Status500InternalServerError,
    };
}
