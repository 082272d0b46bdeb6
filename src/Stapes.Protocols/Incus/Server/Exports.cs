using System.Text;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// <c>/1.0/images/{fingerprint}/export</c>: the bytes. A unified image is a plain file; a split one is a form with the parts
/// <c>metadata</c> and <c>rootfs</c> or <c>rootfs.img</c>, in this order.
/// </summary>
internal static class Exports
{
    public static async Task<IResult> GetAsync(IncusCall call)
    {
        var (image, audience) = await ImageAccess.FindAsync(call);
        await NoteUseAsync(call, image.Key);
        call.Api.Events.SendLifecycle(LifecycleAction.ImageRetrieved, image.Key);
        return new Export(call, image, audience);
    }

    private static async Task NoteUseAsync(IncusCall call, ImageKey image)
    {
        try
        {
            await call.Api.Library.TouchAsync(image, call.Cancellation);
        }
        catch (StapesException)
        {
            // On a full disk nothing can be noted, but images can still be fetched.
        }
    }

    private sealed class Export(IncusCall call, Image image, Audience audience) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using var metadata = await OpenAsync(image.MetadataFile);
            await using var root = image.RootFile is null ? null : await OpenAsync(image.RootFile);
            httpContext.Response.Headers["X-Incus-Type"] = image.Properties.TryGetValue("type", out var type) && type == "oci" ? "oci" : "incus";
            if (root is null)
                await SendUnifiedAsync(httpContext, metadata);
            else
                await SendSplitAsync(httpContext, metadata, root);
        }

        private async ValueTask<Blob> OpenAsync(ImageFile file) =>
            await call.Api.Options.Images.OpenBlobAsync(file.Digest, audience, call.Cancellation)
            ?? throw new StapesException(ErrorKind.Unavailable,
                $"The file {file.Digest} of the image is gone: delete the image and import it again");

        private Task SendUnifiedAsync(HttpContext http, Blob file) => BlobResponse.SendAsync(http, new(file, image.Fingerprint)
        {
            FileName = image.Fingerprint + image.MetadataFile.Extension,
            // Under the beginning of a fingerprint there may be another image tomorrow.
            IsPrivate = !image.Public || call.Route("fingerprint") != image.Fingerprint.Hex,
        }, http.RequestAborted);

        private async Task SendSplitAsync(HttpContext http, Blob first, Blob second)
        {
            var rootName = image.Type is ImageType.VirtualMachine ? "rootfs.img" : "rootfs";
            // The fingerprint begins with 128 bits that the files cannot be made to hold on purpose.
            var boundary = image.Fingerprint.Hex[..32];
            var head = Encoding.ASCII.GetBytes($"--{boundary}\r\n{PartHeader("metadata", $"meta-{image.Fingerprint}{image.MetadataFile.Extension}")}");
            var middle = Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\n{PartHeader(rootName, image.Fingerprint + image.RootFile!.Extension)}");
            var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
            http.Response.ContentType = $"multipart/form-data; boundary={boundary}";
            http.Response.ContentLength = head.Length + first.Length + middle.Length + second.Length + tail.Length;
            if (HttpMethods.IsHead(http.Request.Method))
                return;

            await WriteAsync(http, head);
            await BlobBody.WriteAsync(http, first, 0, first.Length, http.RequestAborted);
            await WriteAsync(http, middle);
            await BlobBody.WriteAsync(http, second, 0, second.Length, http.RequestAborted);
            await WriteAsync(http, tail);
        }

        private static string PartHeader(string name, string fileName) =>
            $"Content-Disposition: form-data; name=\"{name}\"; filename=\"{fileName}\"\r\nContent-Type: application/octet-stream\r\n\r\n";

        private static async Task WriteAsync(HttpContext http, byte[] bytes)
        {
            await http.Response.BodyWriter.WriteAsync(bytes, http.RequestAborted);
            http.Features.Get<SentBytes>()?.Add(bytes.Length);
        }
    }
}
