using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// <c>POST /1.0/images</c> with a source of the type <c>url</c>: a web server tells in headers which unified image it has, and where.
/// Source: Incus documentation, «Image handling», «Import from a file on a remote web server».
/// </summary>
internal static class UrlPulls
{
    public static async Task<IResult> FromUrlAsync(IncusCall call, ImagesPostRecord post, ImagesPostSourceRecord source)
    {
        var outside = call.Api.Options.Outside
            ?? throw new StapesException(ErrorKind.Forbidden, "This server fetches no images from others: send the image to it");
        var url = WebUrl(source.Url, source.Url);
        call.Api.Library.Limits.Expect(0);
        var add = await Pulls.OptionsAsync(call, post);
        var guard = Pulls.IsGuarded(call) ? await outside.Guard.ResolveAsync(call.Cancellation) : null;
        return Reply.Started(call.Start(add.Project, Pulls.Start, async operation =>
        {
            var (fingerprint, file) = await AskAsync(new(ServerAddress.Parse(url)) { Guard = guard }, url, call.Api.Options.Version, operation.Cancellation);
            // There is nothing that could be asked for a newer version by name.
            var options = add with { AutoUpdate = false, ExpectedFingerprint = fingerprint };
            await call.Api.Puller.TakeAsync(
                fingerprint, size: 0, (fetch, cancellation) => FetchAsync(new(ServerAddress.Parse(file)) { Guard = guard }, file, fingerprint, fetch, cancellation), options, operation);
        }));
    }

    private static async Task<(Sha256Digest Fingerprint, Uri File)> AskAsync(HttpAccess access, Uri url, string version, CancellationToken cancellation)
    {
        using var http = HttpClients.Create(access);
        using var request = new HttpRequestMessage(HttpMethod.Head, url);
        request.Headers.Add("Incus-Server-Architectures", Architecture.Local.Name);
        request.Headers.Add("Incus-Server-Version", version);
        using var response = await http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
            throw ResponseStatus.Failure(response);
        return Sha256Digest.TryParse(Header("Incus-Image-Hash"), out var fingerprint)
            ? (fingerprint, WebUrl(Header("Incus-Image-URL"), PublicUrl.Of(url)))
            : throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(url)} names an image that has no SHA-256: \"{Header("Incus-Image-Hash")}\"");

        string Header(string name) => response.Headers.TryGetValues(name, out var values) && values.FirstOrDefault() is { Length: > 0 } value
            ? value
            : throw new StapesException(ErrorKind.Invalid, $"Missing {name} header: {PublicUrl.Of(url)} names no image");
    }

    private static async Task<FetchedFiles> FetchAsync(HttpAccess access, Uri url, Sha256Digest digest, FetchOptions fetch, CancellationToken cancellation)
    {
        using var http = HttpClients.Create(access);
        var file = new RemoteFile(PublicUrl.Of(url), digest, Size: null, HttpFile.At(http, url));
        using var progress = fetch.Watch.Begin("image", file.Size);
        var fetched = await FileTransfer.FetchAsync(file, fetch.Directory, before: null, fetch.Retry, progress.Add, cancellation);
        return new(new(Path.GetFileName(url.AbsolutePath), fetched.Content, fetched.Digest, fetched.Size), Root: null);
    }

    private static Uri WebUrl(string text, string from) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("https" or "http")
        ? url
        : throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(from)} names no URL of an image: it has to start with https:// or http://");
}
