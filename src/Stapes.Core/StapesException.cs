namespace Stapes.Core;

/// <summary>What kind of failure it was: each protocol maps it to its wire form, the command line to an exit status.</summary>
public enum ErrorKind
{
    /// <summary>The request or the input itself is wrong (HTTP 400, exit status 1).</summary>
    Invalid,

    /// <summary>What was asked for does not exist (HTTP 404).</summary>
    NotFound,

    /// <summary>It exists already, or something else holds the name (HTTP 409).</summary>
    Conflict,

    /// <summary>Not allowed to the caller (HTTP 403).</summary>
    Forbidden,

    /// <summary>The condition that the caller set does not hold (HTTP 412).</summary>
    PreconditionFailed,

    /// <summary>The caller asked too often, and has to wait (HTTP 429).</summary>
    TooMany,

    /// <summary>No space left (HTTP 507).</summary>
    Full,

    /// <summary>A remote server or a device failed (HTTP 502 or 500).</summary>
    Unavailable,
}

/// <summary>
/// An expected failure that ends the operation. The message is one line that says what failed, the value, and what to do about it; it is
/// made one, whatever the value was (<see cref="OneLine"/>).
/// </summary>
public class StapesException(ErrorKind kind, string message, Exception? inner = null) : Exception(OneLine.Of(message), inner)
{
    public ErrorKind Kind { get; } = kind;
}
