using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>POST /1.0/images/{fingerprint}/export</c>: sends an image to a server that expects it, and told the caller a secret.</summary>
internal static class Pushes
{
    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var image = await call.ImageAsync();
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.ImageExportPostRecord);
        if (call.Api.Options.Outside is not { } outside)
            throw new StapesException(ErrorKind.Forbidden, "This server sends no images to others: fetch the image from it");
        if (!Uri.TryCreate(post.Target, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new StapesException(ErrorKind.Invalid, $"\"{post.Target}\" is no server to send images to: give a URL that starts with https://");
        var access = new HttpAccess(ServerAddress.Parse(url))
        {
            PinnedCertificate = Certificate(post.Certificate),
            Guard = Pulls.IsGuarded(call) ? await outside.Guard.ResolveAsync(call.Cancellation) : null,
        };
        var start = new OperationRecord { Description = "Sending image", Resources = Urls.Resources(image.Key), MayCancel = true };
        return Reply.Started(call.Start(image.Project, start, operation => SendAsync(call.Api, image, access, post, operation)));
    }

    private static async Task SendAsync(IncusApi api, Image image, HttpAccess access, ImageExportPostRecord post, Operation operation)
    {
        using var connection = IncusConnection.To(access, post.Project.Length > 0 ? post.Project : null);
        await using var files = await BlobsToSend.OpenAsync(api.Options.Images, image, operation.Cancellation);
        var progress = new TransferProgress(operation, "upload", image.Size, api.Options.Time);
        using var request = new HttpRequestMessage(HttpMethod.Post, connection.Url("/images")) { Content = files.ToContent(progress.Add) };
        // The server can refuse before a gigabyte is on its way.
        request.Headers.ExpectContinue = true;
        request.Headers.Add("X-Incus-fingerprint", image.Fingerprint.Hex);
        request.Headers.TryAddWithoutValidation("X-Incus-secret", post.Secret);
        if (image.FileName.Length > 0)
            request.Headers.TryAddWithoutValidation("X-Incus-filename", string.Concat(image.FileName.Where(static c => !char.IsControl(c))));
        if (post.Profiles is { Count: > 0 } profiles)
            request.Headers.TryAddWithoutValidation("X-Incus-profiles", string.Join('&', profiles.Select(static p => $"profile={Uri.EscapeDataString(p)}")));
        await connection.WaitAsync(await connection.SendAsync(request, operation.Cancellation), operation.Cancellation);
        api.Events.SendLifecycle(LifecycleAction.ImageRetrieved, image.Key, new JsonObject { ["target"] = PublicUrl.Of(post.Target) });
    }

    private static X509Certificate2? Certificate(string pem)
    {
        try
        {
            return pem.Length == 0 ? null : X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"The certificate of the target is none: {e.Message.TrimEnd('.')}; send it in PEM", e);
        }
    }
}
