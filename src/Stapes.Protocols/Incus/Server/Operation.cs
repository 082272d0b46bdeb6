using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Something that goes on in the background, or a token that waits to be used. Safe for use by many threads.</summary>
internal sealed class Operation : IDisposable
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource cancellation = new();
    private readonly TimeProvider time;
    private readonly Action<Operation> changed;
    private OperationRecord record;

    /// <param name="project">The project that it belongs to.</param>
    /// <param name="record">Its first state; identity, times and status are set here.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Called after each change, in the order of the changes.</param>
    /// <param name="token">What a token allows; null for work.</param>
    /// <param name="isAboutAccess">Whether only admins may look at it: it is about identities.</param>
    public Operation(
        string project, OperationRecord record, TimeProvider time, Action<Operation> changed, ImageToken? token = null, bool isAboutAccess = false)
    {
        Project = project;
        Token = token;
        IsAboutAccess = isAboutAccess;
        this.time = time;
        this.changed = changed;
        var now = time.GetUtcNow();
        this.record = record with
        {
            Id = record.Id.Length > 0 ? record.Id : Guid.NewGuid().ToString(),
            CreatedAt = now,
            UpdatedAt = now,
            Resources = record.Resources ?? new Dictionary<string, IReadOnlyList<string>>(),
            Metadata = record.Metadata ?? [],
        };
        Change(r => With(r, OperationStatus.Pending));
        Change(r => With(r, OperationStatus.Running));
    }

    /// <summary>Work that an earlier process began and did not end.</summary>
    public Operation(string project, OperationRecord interrupted, string error, TimeProvider time)
    {
        Project = project;
        this.time = time;
        changed = static _ => { };
        record = With(interrupted, OperationStatus.Failure) with { Err = error, MayCancel = false, Metadata = interrupted.Metadata ?? [] };
        ended.SetResult();
    }

    public string Project { get; }

    public ImageToken? Token { get; }

    public bool IsAboutAccess { get; }

    /// <summary>Tells who started it, as they are by then, null for nobody any more; null for the server itself.</summary>
    public Func<Caller?>? Starter { get; init; }

    public string Id => Record.Id;

    public string Url => $"/1.0/operations/{Id}";

    public OperationRecord Record => Volatile.Read(ref record);

    /// <summary>Whether a caller may look at it and cancel it. Its metadata may hold secrets to write with, so that seeing images is not enough.</summary>
    public bool IsFor(Caller caller) => IsAboutAccess ? caller.IsAdmin : caller.MayWrite(Project);

    /// <summary>Whether whoever started it could start it now.</summary>
    public bool IsStillWanted => Starter is null
        || (Starter() is { } starter && (Token is { Upload: null } ? starter.MaySeePrivate(Project) : starter.MayWrite(Project)));

    /// <summary>Completes when the operation is over, however it went.</summary>
    public Task Ended => ended.Task;

    /// <summary>Asks the work to stop.</summary>
    public CancellationToken Cancellation => cancellation.Token;

    /// <summary>Sets fields of the metadata beside those that are there.</summary>
    public void SetMetadata(params ReadOnlySpan<(string Name, JsonNode Value)> fields)
    {
        var metadata = Record.Metadata!.DeepClone().AsObject();
        foreach (var (name, value) in fields)
            metadata[name] = value;
        Change(r => r with { Metadata = metadata });
    }

    /// <summary>Whether a caller knows the secret of the operation.</summary>
    public bool HasSecret(string? secret) =>
        secret is { Length: > 0 } && (string?)Record.Metadata!["secret"] is { } own
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(own), Encoding.UTF8.GetBytes(secret));

    /// <summary>Ends it, unless it is over already.</summary>
    public void End(OperationStatus status, string error = "")
    {
        Change(r => With(r, status) with { Err = error, MayCancel = false });
        ended.TrySetResult();
    }

    /// <returns>False when it cannot be cancelled, or is over.</returns>
    public bool TryCancel()
    {
        if (Record is not { MayCancel: true, StatusCode: OperationStatus.Running } running)
            return false;
        if (running.Class == OperationClass.Token)
        {
            End(OperationStatus.Cancelled);
            return true;
        }

        Change(r => With(r, OperationStatus.Cancelling));
        cancellation.Cancel();
        return true;
    }

    public void Dispose() => cancellation.Dispose();

    private static OperationRecord With(OperationRecord record, OperationStatus status) =>
        record with { StatusCode = status, Status = status.ToString() };

    private void Change(Func<OperationRecord, OperationRecord> change)
    {
        lock (gate)
        {
            if (record.StatusCode >= OperationStatus.Success)
                return;
            Volatile.Write(ref record, change(record) with { UpdatedAt = time.GetUtcNow() });
            changed(this);
        }
    }
}

/// <summary>The kinds of operation.</summary>
internal static class OperationClass
{
    /// <summary>Work.</summary>
    public const string Task = "task";

    /// <summary>A secret that lets a stranger do one thing.</summary>
    public const string Token = "token";
}
