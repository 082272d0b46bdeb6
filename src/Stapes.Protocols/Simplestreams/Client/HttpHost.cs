using System.IO.Compression;
using System.Net;
using Stapes.Core;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>A tree on a web server. Its index files are kept on disk, asked for again each time, and used as they are when the server is away.</summary>
/// <param name="access">The server.</param>
/// <param name="cache">Where index files are kept; null for nowhere.</param>
/// <param name="warn">Is told when what was kept is used instead of what the server has.</param>
/// <param name="isKeptEnough">Whether what was kept is used without asking the server.</param>
internal sealed class HttpHost(HttpAccess access, IndexCache? cache, Action<string> warn, bool isKeptEnough) : IStreamsHost
{
    /// <summary>No index is that large; what never ends must not fill the memory.</summary>
    private const int MaxIndex = 512 << 20;

    private readonly HttpClient http = HttpClients.Create(access);
    private bool isAway;

    public async Task<T> ReadAsync<T>(string path, Func<ReadOnlyMemory<byte>, T> parse, CancellationToken cancellation)
    {
        var kept = cache?.Read(path);
        try
        {
            if ((isAway || isKeptEnough) && kept is not null)
                return Parse(path, kept.Body, parse);
            if (await FetchAsync(path, kept, cancellation) is { } fresh)
            {
                var parsed = Parse(path, fresh.Body, parse);
                Keep(() => cache?.Write(path, fresh));
                return parsed;
            }

            Keep(() => cache?.Touch(path));
        }
        catch (StapesException e) when (e.Kind == ErrorKind.Unavailable && kept is not null)
        {
            // Once for all the files of one index.
            if (!Interlocked.Exchange(ref isAway, true))
                warn($"{e.Message.TrimEnd('.')}; its index of {Age(kept.CheckedAt)} ago is used");
        }

        return Parse(path, kept!.Body, parse);
    }

    public OpenRemoteFile File(string path) => HttpFile.At(http, Url(path));

    public string Describe(string path) => $"{access.Addresses[0].Base}{path}";

    public void Dispose() => http.Dispose();

    private T Parse<T>(string path, ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, T> parse)
    {
        try
        {
            return parse(body);
        }
        catch (StapesException e)
        {
            // The advice of the parser is for those who keep the tree.
            throw new StapesException(ErrorKind.Invalid, $"{Describe(path)} is no simplestreams index: {e.Message.Split(';')[0]}; look whether the URL is that of a simplestreams server", e);
        }
    }

    /// <returns>Null when the server still has what is kept.</returns>
    private async Task<KeptIndex?> FetchAsync(string path, KeptIndex? kept, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(path));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        if (kept is { ETag.Length: > 0 })
            request.Headers.TryAddWithoutValidation("If-None-Match", kept.ETag);
        else if (kept is { LastModified.Length: > 0 })
            request.Headers.TryAddWithoutValidation("If-Modified-Since", kept.LastModified);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode == HttpStatusCode.NotModified && kept is not null)
            return null;
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new StapesException(ErrorKind.NotFound, $"{Describe("")} is no simplestreams server: there is no {PublicUrl.Of(response.RequestMessage!.RequestUri!)}; correct the URL of the remote");
        if (response.StatusCode != HttpStatusCode.OK)
            throw ResponseStatus.Failure(response);
        return new(await ReadAsync(response, cancellation), Header(response.Headers, "ETag"), Header(response.Content.Headers, "Last-Modified"));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var url = PublicUrl.Of(response.RequestMessage!.RequestUri!);
        var isCompressed = response.Content.Headers.ContentEncoding.Contains("gzip", StringComparer.OrdinalIgnoreCase);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        await using Stream content = isCompressed ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var bytes = new MemoryStream(isCompressed ? 1 << 20 : (int)Math.Min(response.Content.Headers.ContentLength ?? 1 << 20, MaxIndex));
        try
        {
            var buffer = new byte[1 << 16];
            while (await content.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                if (bytes.Length + read > MaxIndex)
                    throw new StapesException(ErrorKind.Invalid, $"{url} is larger than {MaxIndex >> 20} MiB: that is no index");
                bytes.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{url} came damaged: {e.Message.TrimEnd('.')}; try again", e);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private void Keep(Action keep)
    {
        try
        {
            keep();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            warn($"The index of {Describe("")} could not be kept for the next time: {e.Message.TrimEnd('.')}");
        }
    }

    private Uri Url(string path) => new(access.Addresses[0].Base, string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));

    private static string Header(System.Net.Http.Headers.HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString().ReplaceLineEndings("") : "";

    private static string Age(DateTimeOffset since) => (DateTimeOffset.UtcNow - since) switch
    {
        { TotalDays: >= 2 } age => $"{(int)age.TotalDays} days",
        { TotalHours: >= 2 } age => $"{(int)age.TotalHours} hours",
        { TotalMinutes: >= 2 } age => $"{(int)age.TotalMinutes} minutes",
        var age => $"{Math.Max(0, (int)age.TotalSeconds)} seconds",
    };
}
