using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Protocols.Shared;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Protocols.Incus.Server;

/// <summary>One request: who asks for what.</summary>
internal sealed class IncusCall(HttpContext http, IncusApi api)
{
    /// <summary>A request in JSON is never larger: 1 MiB, as in Incus.</summary>
    private const int LargestJson = 1 << 20;

    public HttpContext Http { get; } = http;

    public IncusApi Api { get; } = api;

    public HttpRequest Request => Http.Request;

    public Caller Caller { get; } = http.Caller();

    public CancellationToken Cancellation => Http.RequestAborted;

    /// <summary>Starts work in the background; it is cancelled when its caller loses the right to it.</summary>
    public Operation Start(string project, OperationRecord start, Func<Operation, Task> work)
    {
        var operation = Api.Operations.Start(project, start, work, Follow());
        _ = Api.Audit.FollowAsync(operation, Caller);
        return operation;
    }

    /// <summary>Tells who the caller is by then, whenever it is called, also after the request.</summary>
    public Func<Caller?> Follow() => Api.Options.Follow(Http);

    public string Project => Query("project") is { Length: > 0 } project ? project : Image.DefaultProject;

    public bool AllProjects => IsTrue(Query("all-projects"));

    /// <summary>Whether a list should hold records and not URLs.</summary>
    public bool Recursive => int.TryParse(Query("recursion"), out var depth) && depth != 0;

    /// <summary>The architecture that the caller's user agent names: <c>Incus 7.0.2 (Linux; x86_64; …)</c>; null when it names none.</summary>
    public Architecture? Architecture
    {
        get
        {
            var agent = Request.Headers.UserAgent.ToString();
            var words = agent[(agent.IndexOf('(') + 1)..].Split([';', ')'], 8, StringSplitOptions.TrimEntries);
            return words.Select(static w => Core.Images.Architecture.TryParse(w, out var found) ? found : null).FirstOrDefault(static a => a is not null);
        }
    }

    public string? Query(string name) => Request.Query[name];

    public string Route(string name) => Request.RouteValues[name] as string ?? "";

    /// <summary>The alias that the path names.</summary>
    public AliasKey Alias => new(Project, LastPart("/images/aliases/"));

    /// <summary>
    /// The name that the path ends in. Its percent-encoding is undone here and only here, once: the server leaves encoded slashes alone.
    /// </summary>
    /// <param name="prefix">What stands before it.</param>
    public string LastPart(string prefix)
    {
        var target = Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var start = target.IndexOf(prefix, StringComparison.Ordinal);
        return Uri.UnescapeDataString(start < 0 ? Route("name") : target[(start + prefix.Length)..]);
    }

    /// <summary>What the caller may see.</summary>
    public ValueTask<ImageView> ViewAsync() => Api.Views.GetAsync(Caller.Audience, Cancellation);

    /// <summary>The image that the path names, as far as the caller may see it.</summary>
    /// <exception cref="StapesException">NotFound. Invalid: the prefix has several images.</exception>
    public async ValueTask<Image> ImageAsync() => (await ViewAsync()).Find(Project, Route("fingerprint"));

    /// <exception cref="StapesException">NotFound: there is no such project to write to.</exception>
    public async ValueTask<string> ExistingProjectAsync() => Projects.Exists(Api, (await ViewAsync()).Snapshot, Project)
        ? Project
        : throw new StapesException(ErrorKind.NotFound, $"Project \"{Project}\" not found");

    /// <summary>To be called before a secret of the request is looked at.</summary>
    /// <exception cref="StapesException">TooMany: there were too many wrong ones from there.</exception>
    public void CheckAttempts()
    {
        if (Api.Options.Attempts.WaitFor(Http.Connection.RemoteIpAddress) is { } wait)
        {
            throw new StapesException(ErrorKind.TooMany,
                $"Too many wrong secrets came from this address: wait {Math.Ceiling(wait.TotalSeconds)} seconds before the next attempt");
        }
    }

    /// <summary>To be called for a wrong secret.</summary>
    public void NoteFailedAttempt()
    {
        Api.Options.Attempts.Note(Http.Connection.RemoteIpAddress);
        // For the audit log: the answer is the one that a stranger without a secret gets.
        Http.Features.Set(RefusedCredentials.Wrong);
    }

    /// <exception cref="StapesException">Invalid: it is no such JSON, or too large.</exception>
    public async Task<T> ReadJsonAsync<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize((await ReadBodyAsync()).AsSpan(), type)
                ?? throw new StapesException(ErrorKind.Invalid, "The request is null: send a JSON object");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"The request is no JSON that fits: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"The request breaks off: {e.Message}", e);
        }
    }

    private async Task<ArraySegment<byte>> ReadBodyAsync()
    {
        using var body = new MemoryStream();
        var buffer = new byte[4096];
        while (await Request.Body.ReadAsync(buffer, Cancellation) is var read and > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > LargestJson)
                throw new StapesException(ErrorKind.Invalid, $"The request has more than {LargestJson} bytes: send less at once");
        }

        return new(body.GetBuffer(), 0, (int)body.Length);
    }

    /// <summary>What Incus takes for true.</summary>
    public static bool IsTrue(string? text) => text?.ToLowerInvariant() is "true" or "1" or "yes" or "on";
}
