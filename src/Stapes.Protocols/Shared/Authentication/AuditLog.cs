using Stapes.Core.Access;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>What the lines of the audit log have in common.</summary>
public static class AuditLog
{
    /// <summary>The category that they are logged in.</summary>
    public const string Category = "Stapes.Audit";

    /// <summary>What stands between quotes ends where they do, whatever is in it. Control characters are the logger's business.</summary>
    public static string Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    /// <summary>How the server knows a caller, and by which name.</summary>
    public static string NameOf(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.Method switch
        {
            CallerMethod.None => "stranger",
            CallerMethod.Unix => "unix",
            CallerMethod.Tls => $"certificate {caller.Name} ({Shortened(caller.Id)})",
            CallerMethod.Token => $"token {caller.Name}",
            _ => $"oidc {caller.Name}",
        };
    }

    /// <summary>The beginning of a fingerprint, as it is shown elsewhere.</summary>
    public static string Shortened(string fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        return fingerprint[..Math.Min(12, fingerprint.Length)];
    }
}
