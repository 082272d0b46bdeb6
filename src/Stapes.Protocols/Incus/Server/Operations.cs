using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The operations that go on or have ended a moment ago.</summary>
internal sealed partial class Operations
{
    private const string Interrupted = "The server was restarted before this was done: start it again";

    private readonly ConcurrentDictionary<string, Operation> all = new(StringComparer.Ordinal);
    private readonly IncusApiOptions options;
    private readonly EventHub events;
    private readonly ILogger logger;
    private readonly OperationJournal journal;
    private volatile bool isDraining;

    public Operations(IncusApiOptions options, EventHub events, ILogger logger)
    {
        this.options = options;
        this.events = events;
        this.logger = logger;
        journal = new(options.OperationJournal);
        foreach (var (record, project) in journal.Read())
        {
            var operation = new Operation(project, record, Interrupted, options.Time);
            all[operation.Id] = operation;
            _ = RetireAsync(operation, options.InterruptedRetention);
        }
    }

    public IEnumerable<Operation> All => all.Values;

    public Operation? Find(string id) => all.GetValueOrDefault(id);

    /// <summary>Starts work in the background. What it throws becomes the error of the operation.</summary>
    /// <param name="project">The project that it belongs to.</param>
    /// <param name="start">Description, resources and metadata; whether it may be cancelled.</param>
    /// <param name="work">The work.</param>
    /// <param name="starter">Tells who wants it, whenever it is called; null for the server itself.</param>
    public Operation Start(string project, OperationRecord start, Func<Operation, Task> work, Func<Caller?>? starter)
    {
        var operation = Register(project, start, starter);
        journal.Write(operation.Record, project);
        EndUnwanted(operation);
        _ = Task.Run(() => RunAsync(operation, work));
        return operation;
    }

    /// <summary>Makes a secret that lets a stranger do something with an image once, and not after <see cref="IncusApiOptions.ImageSecretLife"/>.</summary>
    /// <param name="key">The image, which need not be there yet.</param>
    /// <param name="upload">What to add with the image that is sent; null for a token to read with.</param>
    /// <param name="starter">Tells who gives it away, whenever it is called.</param>
    public Operation CreateToken(ImageKey key, ImagesPostRecord? upload, Func<Caller?> starter)
    {
        var operation = Register(key.Project, new()
        {
            Class = OperationClass.Token,
            Description = "Image download token",
            MayCancel = true,
            Resources = Urls.Resources(key),
            Metadata = new() { ["secret"] = NewSecret() },
        }, starter, new(key, upload));
        EndUnwanted(operation);
        _ = ExpireAsync(operation);
        _ = RetireAsync(operation, options.OperationRetention);
        return operation;
    }

    /// <summary>Shows a token that is kept elsewhere, under its own identity, until the operation is ended.</summary>
    public Operation ShowTrustToken(OperationRecord record)
    {
        var operation = new Operation(Image.DefaultProject, record with { Class = OperationClass.Token }, options.Time, events.Send, isAboutAccess: true);
        all[operation.Id] = operation;
        _ = RetireAsync(operation, options.OperationRetention);
        return operation;
    }

    /// <summary>
    /// The token of a secret. The first use ends it; as in Incus it still works until it is forgotten, so that a caller can look at an
    /// image and then fetch it.
    /// </summary>
    public ImageToken? UseToken(string project, string fingerprint, string? secret)
    {
        var operation = All.FirstOrDefault(o => o.Token is { } token && token.Key.Project == project
            && token.Key.Fingerprint.Hex.StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase) && o.HasSecret(secret));
        operation?.TryCancel();
        return operation?.Token;
    }

    /// <summary>
    /// Cancels what can be cancelled and waits for the rest: whoever was answered that an operation has begun can rely on it. Blocks,
    /// because a host that has stopped waits for nothing else.
    /// </summary>
    public void Drain(TimeSpan timeout)
    {
        isDraining = true;
        foreach (var operation in All)
            operation.TryCancel();
        Task.WaitAll([.. All.Select(static o => o.Ended)], timeout);
    }

    public static string NewSecret() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Cancels what was started by those who have lost the right to it. Their secrets are worth nothing from now on.</summary>
    public void EndUnwanted()
    {
        foreach (var operation in All)
            EndUnwanted(operation);
    }

    /// <summary>Also called for each new one: who lost a right between the request and here is not heard of by that change.</summary>
    private void EndUnwanted(Operation operation)
    {
        if (!operation.IsStillWanted)
            Revoke(operation);
    }

    private async Task ExpireAsync(Operation token)
    {
        try
        {
            await token.Ended.WaitAsync(options.ImageSecretLife, options.Time);
        }
        catch (TimeoutException)
        {
            Revoke(token);
        }
    }

    /// <summary>Ends it. Unlike one that was used, a secret does not go on working for a moment.</summary>
    private void Revoke(Operation operation)
    {
        operation.TryCancel();
        if (operation.Token is not null)
            all.TryRemove(operation.Id, out _);
    }

    private Operation Register(string project, OperationRecord start, Func<Caller?>? starter, ImageToken? token = null)
    {
        var operation = new Operation(project, start, options.Time, events.Send, token) { Starter = starter };
        all[operation.Id] = operation;
        return operation;
    }

    private async Task RunAsync(Operation operation, Func<Operation, Task> work)
    {
        try
        {
            await work(operation);
            operation.End(OperationStatus.Success);
        }
        catch (StapesException e)
        {
            operation.End(OperationStatus.Failure, e.Message);
        }
        catch (OperationCanceledException) when (operation.Cancellation.IsCancellationRequested)
        {
            if (isDraining)
            {
                // Nobody asked for that: the next process tells what became of it.
                operation.End(OperationStatus.Failure, Interrupted);
                return;
            }

            operation.End(OperationStatus.Cancelled);
        }
#pragma warning disable CA1031 // Nobody else sees what goes wrong in the background.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailure(logger, operation.Id, operation.Record.Description, e);
            operation.End(OperationStatus.Failure, "The server failed: its log says more");
        }

        journal.Delete(operation.Id);
        await RetireAsync(operation, options.OperationRetention);
    }

    private async Task RetireAsync(Operation operation, TimeSpan retention)
    {
        await operation.Ended;
        await Task.Delay(retention, options.Time);
        all.TryRemove(operation.Id, out _);
        journal.Delete(operation.Id);
        operation.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "The operation {Id} ({Description}) failed")]
    private static partial void LogFailure(ILogger logger, string id, string description, Exception exception);
}

/// <summary>What a secret allows.</summary>
/// <param name="Key">The image.</param>
/// <param name="Upload">Null to read the image; else to send it, and what to add to it.</param>
internal sealed record ImageToken(ImageKey Key, ImagesPostRecord? Upload);
