using System.Net;
using System.Text.Json;
using Stapes.Core.Library;
using Stapes.Protocols.Oci;
using Stapes.Tests.Protocols.Oci.Images;
using Stapes.Tests.Protocols.Oci.Server;

namespace Stapes.Tests.Protocols.Oci.Publishing;

/// <summary>Pushes images to the registry of a running server, and waits for those that it makes.</summary>
public abstract class PublishingTest : RegistryTest
{
    private protected const string App = "public/app";

    private protected async Task<IReadOnlyList<Image>> WaitAsync(Func<IReadOnlyList<Image>, bool> isThere)
    {
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            void OnChanged(object? sender, EventArgs e) => changed.TrySetResult();
            Library.Changed += OnChanged;
            try
            {
                var images = (await Library.GetSnapshotAsync(Cancellation)).Images;
                if (isThere(images))
                    return images;
                await changed.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
            }
            finally
            {
                Library.Changed -= OnChanged;
            }
        }
    }

    private protected async Task PushAppAsync(string name, string tag, string content, string? diffId = null)
    {
        var layer = new LayerBuilder().File("app", content).Build();
        var config = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            Architecture = "amd64", Os = "linux", Created = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), Config = new() { Entrypoint = ["/app"] },
            Rootfs = new() { Type = "layers", DiffIds = [diffId ?? LayerBuilder.DigestOf(layer).ToString()] },
        }, OciJson.Context.OciImageConfig);
        await PushAsync(name, tag, new()
        {
            MediaType = OciMediaTypes.Manifest,
            Config = await PushAsync(name, config, OciMediaTypes.ImageConfig),
            Layers = [await PushAsync(name, LayerBuilder.Gzip(layer), "application/vnd.oci.image.layer.v1.tar+gzip")],
        });
    }

    private protected async Task PushAsync(string name, string tag, OciManifest manifest)
    {
        using var response = await PushManifestAsync(tag, JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Context.OciManifest), name: name);
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Cancellation));
    }

    private protected async Task<OciDescriptor> PushAsync(string name, byte[] content, string mediaType) =>
        new() { MediaType = mediaType, Digest = await PushBlobAsync(content, name), Size = content.Length };
}
