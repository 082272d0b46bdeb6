using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>POST /1.0/images</c>: an image comes in, as a file, as a form of two files, or as a request to expect or to fetch one.</summary>
internal static class Uploads
{
    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var mayWrite = call.Caller.MayWrite(call.Project);
        if (mayWrite && IsJson(call.Request))
            return await RequestAsync(call);
        var token = UseToken(call);
        if (!mayWrite && token is null)
            throw IncusEndpoints.NotAuthorized();
        var options = UploadHeaders.Read(call.Request.Headers, await call.ExistingProjectAsync(), token?.Upload);
        return await ReceiveAsync(call, options, secret: token is null ? null : Operations.NewSecret());
    }

    private static bool IsJson(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The token of the secret that the headers hold, which is used up.</summary>
    private static ImageToken? UseToken(IncusCall call)
    {
        var headers = call.Request.Headers;
        if (UploadHeaders.Value(headers, "secret") is not { Length: > 0 } secret || UploadHeaders.Fingerprint(headers) is not { } fingerprint)
            return null;
        call.CheckAttempts();
        if (call.Api.Operations.UseToken(call.Project, fingerprint.Hex, secret) is { Upload: not null } token)
            return token;
        call.NoteFailedAttempt();
        return null;
    }

    /// <summary>A request in JSON: the image comes later, from somebody who is given the secret.</summary>
    private static async Task<IResult> RequestAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.ImagesPostRecord);
        switch (post.Source)
        {
            case { Mode: "push" } source when Sha256Digest.TryParse(source.Fingerprint, out var fingerprint):
                return Reply.Started(call.Api.Operations.CreateToken(new(await call.ExistingProjectAsync(), fingerprint), post, call.Follow()));
            case { Mode: "push" } source:
                throw new StapesException(ErrorKind.Invalid, $"\"{source.Fingerprint}\" is no fingerprint: send 64 hexadecimal digits");
            case { Type: "image" } source:
                return await Pulls.FromRemoteAsync(call, post, source);
            case { Type: "url" } source:
                return await UrlPulls.FromUrlAsync(call, post, source);
            case { Type: "instance" or "container" or "virtual-machine" or "snapshot" }:
                return Reply.Error(StatusCodes.Status501NotImplemented, "This server has no instances to make images of");
            default:
                throw new StapesException(ErrorKind.Invalid, "Invalid images JSON: its source is missing or unknown");
        }
    }

    /// <summary>Reads the body to the disk, then adds the image in the background. An image that is none fails there, as in Incus.</summary>
    private static async Task<IResult> ReceiveAsync(IncusCall call, ImageAddOptions options, string? secret)
    {
        if (call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var start = new OperationRecord
        {
            Description = "Downloading image",
            Metadata = secret is null ? null : new() { ["secret"] = secret },
        };
        StagedUpload staged;
        try
        {
            call.Api.Library.Limits.Expect(call.Request.ContentLength ?? 0);
            (staged, options) = await StageAsync(call, options);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid && !call.Cancellation.IsCancellationRequested)
        {
            return Reply.Started(call.Start(options.Project, start, _ => Task.FromException(e)));
        }

        // It took as long as the client wanted.
        if (secret is null && call.Follow()()?.MayWrite(options.Project) is not true)
        {
            staged.Dispose();
            throw IncusEndpoints.NotAuthorized();
        }

        return Reply.Started(call.Start(options.Project, start, operation => AddAsync(call.Api, staged, options, operation)));
    }

    private static async Task<(StagedUpload, ImageAddOptions)> StageAsync(IncusCall call, ImageAddOptions options)
    {
        var library = call.Api.Library;
        if (call.Request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) is not true)
            return (await library.StageAsync(new(new("The image", call.Request.Body)), call.Cancellation), options);

        using var form = new MultipartBody(call.Request.Body, call.Request.ContentType);
        var metadata = await form.NextAsync(call.Cancellation);
        if (metadata is not { Name: "metadata" })
            throw new StapesException(ErrorKind.Invalid, "Invalid multipart image: its first part is not \"metadata\"");
        MultipartPart? root = null;
        var staged = await library.StageAsync(
            new(new("The metadata", metadata), new("The root file system", async cancellation => root = await RootAsync(form, cancellation))),
            call.Cancellation);
        return (staged, options with { FileName = root?.FileName is { Length: > 0 } name ? name : options.FileName });
    }

    private static async ValueTask<MultipartPart> RootAsync(MultipartBody form, CancellationToken cancellation) =>
        await form.NextAsync(cancellation) is { Name: "rootfs" or "rootfs.img" } part
            ? part
            : throw new StapesException(ErrorKind.Invalid, "Invalid multipart image: after \"metadata\" there is no part \"rootfs\" or \"rootfs.img\"");

    private static async Task AddAsync(IncusApi api, StagedUpload staged, ImageAddOptions options, Operation operation)
    {
        using var _ = staged;
        var (read, size) = (staged.Image, staged.Image.MetadataFile.Size + (staged.Image.RootFile?.Size ?? 0));
        operation.SetMetadata(("fingerprint", JsonValue.Create(read.Fingerprint.Hex)), ("size", JsonValue.Create($"{size}")));
        var image = await api.Library.AddAsync(staged, options, CancellationToken.None);
        api.Events.SendCreated(image, options.Aliases);
    }
}
