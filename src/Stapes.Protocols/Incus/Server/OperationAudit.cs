using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Tells the audit log how work ended that a request began: the line of the request could only say that it began.</summary>
/// <param name="logger">Of the category of the audit log.</param>
internal sealed partial class OperationAudit(ILogger logger)
{
    /// <summary>Completes when the operation is over.</summary>
    public async Task FollowAsync(Operation operation, Caller starter)
    {
        await operation.Ended;
        if (!logger.IsEnabled(LogLevel.Information))
            return;
        var (who, what) = (AuditLog.Quoted(AuditLog.NameOf(starter)), AuditLog.Quoted(operation.Record.Description));
        var (project, reason) = (AuditLog.Quoted(operation.Project), AuditLog.Quoted(operation.Record.Err));
        LogEnd(who, what, operation.Id, project, operation.Record.Status, reason);
    }

    [LoggerMessage(LogLevel.Information, "audit ended who=\"{Who}\" what=\"{What}\" operation={Id} project=\"{Project}\" result={Result} reason=\"{Reason}\"")]
    private partial void LogEnd(string who, string what, string id, string project, string result, string reason);
}
