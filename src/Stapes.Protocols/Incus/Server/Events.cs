using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/events</c>: a websocket on which the server tells what happens.</summary>
internal static class Events
{
    public static Task<IResult> GetAsync(IncusCall call)
    {
        if (call.AllProjects && call.Query("project") is { Length: > 0 })
            throw new StapesException(ErrorKind.Invalid, "Cannot specify a project when requesting all projects");
        var types = Types(call.Query("type"));
        if (!call.Http.WebSockets.IsWebSocketRequest)
            throw new StapesException(ErrorKind.Invalid, "Events come over a websocket: ask for an upgrade of the connection");
        return Task.FromResult<IResult>(new Stream(call, types));
    }

    private static IReadOnlySet<string> Types(string? list)
    {
        var types = (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        return types.FirstOrDefault(static t => !EventType.All.Contains(t)) is { } unknown
            ? throw new StapesException(ErrorKind.Invalid, $"\"{unknown}\" isn't a supported event type")
            : types.Count == 0 ? EventType.All : types;
    }

    private sealed class Stream(IncusCall call, IReadOnlySet<string> types) : IResult
    {
        /// <summary>How long either side has to say goodbye.</summary>
        private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(1);

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            // Heard before the upgrade is answered: from then on the client takes it that nothing escapes it.
            using var listener = call.Api.Events.Listen(types, call.AllProjects ? null : call.Project, call.Caller, call.Follow());
            using var socket = await httpContext.WebSockets.AcceptWebSocketAsync();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, call.Api.Stopping);
            using var abandon = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
            var left = LeaveAsync(socket, stop, abandon.Token);
            await QuietlyAsync(() => TellAsync(listener, socket, stop.Token));
            abandon.CancelAfter(Goodbye);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await QuietlyAsync(() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, abandon.Token));
            await left;
        }

        private async Task TellAsync(EventListener listener, WebSocket socket, CancellationToken stop)
        {
            await foreach (var message in listener.ReadAllAsync(stop))
                await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, call.Cancellation);
        }

        /// <summary>Clients have nothing to say here; reading shows that they leave.</summary>
        private static async Task LeaveAsync(WebSocket socket, CancellationTokenSource stop, CancellationToken abandon)
        {
            var buffer = new byte[1024];
            await QuietlyAsync(async () =>
            {
                while ((await socket.ReceiveAsync(buffer.AsMemory(), abandon)).MessageType is not WebSocketMessageType.Close)
                {
                }
            });
            await stop.CancelAsync();
        }

        /// <summary>The other side may be gone at any moment, or this one.</summary>
        private static async Task QuietlyAsync(Func<Task> action)
        {
            try
            {
                await action();
            }
            catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
            {
                // The listening is over then.
            }
        }
    }
}
