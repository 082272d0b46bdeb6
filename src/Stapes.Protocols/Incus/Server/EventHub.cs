using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Stapes.Core.Access;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Tells listeners what happens. Nobody waits for them: a listener that falls far behind is dropped.</summary>
internal sealed class EventHub(TimeProvider time)
{
    /// <summary>How many events may wait for one listener.</summary>
    private const int Backlog = 1024;

    private readonly ConcurrentDictionary<EventListener, byte> listeners = new();

    /// <param name="types">The kinds of event to hear of.</param>
    /// <param name="project">The project to hear of; null for all.</param>
    /// <param name="caller">Who listens: is told only of what they may see.</param>
    /// <param name="follow">Tells who that is by then.</param>
    public EventListener Listen(IReadOnlySet<string> types, string? project, Caller caller, Func<Caller?> follow)
    {
        var listener = new EventListener(types, project, caller, follow, Channel.CreateBounded<byte[]>(Backlog), Remove);
        listeners.TryAdd(listener, 0);
        // Who lost a right between the request and here is not heard of by that change.
        if (!listener.MayStay)
            listener.Dispose();
        return listener;

        void Remove(EventListener gone) => listeners.TryRemove(gone, out _);
    }

    /// <summary>Ends the listening of those who may not do any more what they could when it began; they can begin anew as who they are now.</summary>
    public void LeaveOthers()
    {
        foreach (var listener in listeners.Keys.Where(static l => !l.MayStay))
            listener.Dispose();
    }

    /// <summary>Tells the present state of an operation.</summary>
    public void Send(Operation operation)
    {
        if (!listeners.IsEmpty)
        {
            Send(EventType.Operation, operation.Project,
                JsonSerializer.SerializeToUtf8Bytes(operation.Record, IncusJsonContext.Default.OperationRecord), operation.IsFor);
        }
    }

    /// <summary>Tells that there is a new image, and aliases that lead to it.</summary>
    public void SendCreated(Image image, IEnumerable<ImageAlias> aliases)
    {
        SendLifecycle(LifecycleAction.ImageCreated, image.Key, new() { ["type"] = image.Type.ToName() });
        foreach (var alias in aliases)
            SendLifecycle(LifecycleAction.AliasCreated, new AliasKey(image.Project, alias.Name), new() { ["target"] = image.Fingerprint.Hex });
    }

    public void SendLifecycle(string action, ImageKey image, JsonObject? context = null) =>
        SendLifecycle(action, Urls.Of(image), image.Project, image.Fingerprint.Hex, context);

    public void SendLifecycle(string action, AliasKey alias, JsonObject? context = null) =>
        SendLifecycle(action, Urls.Of(alias), alias.Project, alias.Name, context);

    private void SendLifecycle(string action, string source, string project, string name, JsonObject? context)
    {
        if (listeners.IsEmpty)
            return;
        var record = new LifecycleRecord { Action = action, Source = source, Project = project, Name = name, Context = context };
        Send(EventType.Lifecycle, project, JsonSerializer.SerializeToUtf8Bytes(record, IncusJsonContext.Default.LifecycleRecord),
            caller => caller.MaySeePrivate(project));
    }

    private void Send(string type, string project, byte[] metadata, Func<Caller, bool> isFor)
    {
        var buffer = new ArrayBufferWriter<byte>(metadata.Length + 128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("timestamp", GoTimeConverter.Format(time.GetUtcNow()));
            writer.WritePropertyName("metadata");
            writer.WriteRawValue(metadata, skipInputValidation: true);
            writer.WriteString("location", "none");
            writer.WriteString("project", project);
            writer.WriteEndObject();
        }

        var message = buffer.WrittenSpan.ToArray();
        // Some rights end by themselves, on a date.
        LeaveOthers();
        foreach (var listener in listeners.Keys.Where(l => isFor(l.Caller)))
            listener.Offer(type, project, message);
    }
}

/// <summary>Somebody who listens, until disposed.</summary>
internal sealed class EventListener(
    IReadOnlySet<string> types, string? project, Caller caller, Func<Caller?> follow, Channel<byte[]> messages, Action<EventListener> remove) : IDisposable
{
    public Caller Caller { get; } = caller;

    /// <summary>Whether the caller may still do what they could when they began to listen.</summary>
    public bool MayStay => Caller.MayTheSameAs(follow());

    /// <summary>Events in JSON, in their order. Ends when the listener is disposed or dropped.</summary>
    public IAsyncEnumerable<byte[]> ReadAllAsync(CancellationToken cancellation) => messages.Reader.ReadAllAsync(cancellation);

    public void Offer(string type, string ofProject, byte[] message)
    {
        if (types.Contains(type) && (project is null || project == ofProject) && !messages.Writer.TryWrite(message))
            Dispose();
    }

    public void Dispose()
    {
        remove(this);
        messages.Writer.TryComplete();
    }
}

/// <summary>The kinds of event that a client may ask for.</summary>
internal static class EventType
{
    public const string Operation = "operation";
    public const string Lifecycle = "lifecycle";

    /// <summary>All of them; the server's log and network rules are never told over the API.</summary>
    public static readonly IReadOnlySet<string> All = new HashSet<string> { Operation, Lifecycle, "logging", "network-acl" };
}

/// <summary>The names of what happens to images. Source: Incus documentation, «Events».</summary>
internal static class LifecycleAction
{
    public const string ImageCreated = "image-created";
    public const string ImageUpdated = "image-updated";
    public const string ImageDeleted = "image-deleted";
    public const string ImageRetrieved = "image-retrieved";
    public const string ImageRefreshed = "image-refreshed";
    public const string ImageSecretCreated = "image-secret-created";
    public const string AliasCreated = "image-alias-created";
    public const string AliasUpdated = "image-alias-updated";
    public const string AliasRenamed = "image-alias-renamed";
    public const string AliasDeleted = "image-alias-deleted";
}
