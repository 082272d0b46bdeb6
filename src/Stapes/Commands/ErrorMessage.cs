using System.Diagnostics.CodeAnalysis;
using Stapes.Core;

namespace Stapes.Commands;

/// <summary>The one line that an expected failure is told in: what, which, and what to do.</summary>
internal static class ErrorMessage
{
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int OverQuota = 122;

    /// <summary>False for failures that only a fault of the program can explain: those keep their stack trace.</summary>
    public static bool TryDescribe(Exception failure, [NotNullWhen(true)] out string? message)
    {
        message = failure switch
        {
            StapesException => failure.Message,
            UnauthorizedAccessException => $"{Plain(failure)}; run as a user who may do that, or change the permissions",
            IOException { HResult: NoSpace or OverQuota } => $"{Plain(failure)}; free some space and try again",
            IOException { HResult: ReadOnly } => $"{Plain(failure)}; mount it for writing, or name another directory with -C",
            IOException => Plain(failure),
            AggregateException { InnerException: { } inner } when TryDescribe(inner, out var text) => text,
            _ => null,
        };
        return message is not null;
    }

    private static string Plain(Exception e) => OneLine.Of(e.Message).Trim().TrimEnd('.');
}
