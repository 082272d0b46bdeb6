using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Protocols.Incus.Server;

/// <summary>What the handlers share.</summary>
internal sealed class IncusApi
{
    public IncusApi(IncusApiOptions options, ILoggerFactory loggers, CancellationToken stopping)
    {
        var logger = loggers.CreateLogger("Stapes.Incus");
        Options = options;
        Stopping = stopping;
        Views = new(options.Images);
        Events = new(options.Time);
        Operations = new(options, Events, logger);
        Audit = new(loggers.CreateLogger(AuditLog.Category));
        TrustTokens = new(this);
        Puller = new(options, Events);
        Updates = new(this, logger);
        options.Access.Changed += (_, _) =>
        {
            Events.LeaveOthers();
            Operations.EndUnwanted();
        };
    }

    public IncusApiOptions Options { get; }

    public ImageLibrary Library => Options.Library;

    public AccessControl Access => Options.Access;

    public ImageViews Views { get; }

    public EventHub Events { get; }

    public Operations Operations { get; }

    public OperationAudit Audit { get; }

    public TrustTokens TrustTokens { get; }

    public ImagePuller Puller { get; }

    public ImageUpdates Updates { get; }

    /// <summary>Ends the requests that wait for something to happen.</summary>
    public CancellationToken Stopping { get; }
}
