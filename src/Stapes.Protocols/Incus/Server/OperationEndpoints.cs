using Microsoft.AspNetCore.Http;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/operations</c>.</summary>
internal static class OperationEndpoints
{
    public static Task<IResult> ListAsync(IncusCall call)
    {
        call.Api.TrustTokens.Update();
        var byStatus = call.Api.Operations.All
            .Where(o => (call.AllProjects || o.Project == call.Project) && o.IsFor(call.Caller))
            .OrderBy(static o => o.Record.CreatedAt)
            .GroupBy(static o => o.Record.Status.ToLowerInvariant());
        return Task.FromResult(call.Recursive
            ? Reply.Sync(
                byStatus.ToDictionary(static g => g.Key, static g => (IReadOnlyList<OperationRecord>)[.. g.Select(static o => o.Record)]),
                IncusJsonContext.Default.IReadOnlyDictionaryStringIReadOnlyListOperationRecord)
            : Reply.Sync(
                byStatus.ToDictionary(static g => g.Key, static g => (IReadOnlyList<string>)[.. g.Select(static o => o.Url)]),
                IncusJsonContext.Default.IReadOnlyDictionaryStringIReadOnlyListString));
    }

    public static Task<IResult> GetAsync(IncusCall call) =>
        Task.FromResult(Reply.Sync(Find(call).Record, IncusJsonContext.Default.OperationRecord));

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        var operation = Find(call);
        if (operation.IsAboutAccess)
            await call.Api.TrustTokens.RevokeAsync(operation, call.Cancellation);
        else if (!operation.TryCancel())
            throw CannotCancel();
        return Reply.Empty;
    }

    internal static StapesException CannotCancel() => new StapesException(ErrorKind.Invalid, "This operation can't be cancelled, or is over already");

    /// <summary>Answers when the operation is over, or when the caller has waited long enough. Those who may not see it need its secret.</summary>
    public static async Task<IResult> WaitAsync(IncusCall call)
    {
        var operation = call.Api.Operations.Find(call.Route("id"));
        var secret = call.Query("secret");
        if ((!call.Caller.IsTrusted || secret is { Length: > 0 }) && operation?.HasSecret(secret) is not true)
            throw IncusEndpoints.NotAuthorized();
        if (secret is not { Length: > 0 })
            operation = Find(call);
        var timeout = Timeout(call.Query("timeout"));
        await SendHeaderAsync(call.Http);
        await WaitAsync(call, operation!.Ended, timeout);
        return Reply.Sync(operation.Record, IncusJsonContext.Default.OperationRecord);
    }

    private static Operation Find(IncusCall call)
    {
        call.Api.TrustTokens.Update();
        return TryFind(call) ?? throw new StapesException(ErrorKind.NotFound, $"Operation \"{call.Route("id")}\" not found");
    }

    private static Operation? TryFind(IncusCall call) => call.Api.Operations.Find(call.Route("id")) is { } operation && operation.IsFor(call.Caller)
        ? operation
        : null;

    private static TimeSpan Timeout(string? seconds)
    {
        if (string.IsNullOrEmpty(seconds))
            return System.Threading.Timeout.InfiniteTimeSpan;
        if (!int.TryParse(seconds, out var number))
            throw new StapesException(ErrorKind.Invalid, $"The timeout \"{seconds}\" is no number of seconds");
        return number < 0 ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Math.Min(number, int.MaxValue / 1000));
    }

    private static async Task WaitAsync(IncusCall call, Task ended, TimeSpan timeout)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, call.Api.Stopping);
        try
        {
            await ended.WaitAsync(timeout, call.Api.Options.Time, stop.Token);
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && !call.Cancellation.IsCancellationRequested))
        {
            // The caller learns how far it is.
        }
    }

    /// <summary>Clients give up where no header arrives for a while.</summary>
    private static async Task SendHeaderAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
