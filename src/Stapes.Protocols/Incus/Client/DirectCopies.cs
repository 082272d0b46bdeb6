using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// Copies that servers do among themselves: one fetches, or the other one sends. Source: Incus documentation, «REST API», «images_post» and
/// «images_export_post».
/// </summary>
public static class DirectCopies
{
    /// <summary>Has the target fetch images from their source.</summary>
    /// <param name="target">Who fetches.</param>
    /// <param name="addresses">How it reaches the source; the next one is tried when one fails. At least one.</param>
    /// <param name="type">The type that the image was asked for with; null for any.</param>
    /// <param name="secretOf">Gets a secret for an image that is not public; null where all are.</param>
    public static DirectCopy Pull(
        IncusClient target, IReadOnlyList<RemoteAddress> addresses, ImageType? type, Func<RemoteImage, CancellationToken, Task<string>>? secretOf) => async (item, options, watch, cancellation) =>
    {
        // The server keeps the alias and follows it; a private image is known to strangers by its fingerprint only.
        var name = item.Image.Public && item.Name is not null ? item.Name : item.Image.Fingerprint.Hex;
        StapesException? first = null;
        foreach (var address in addresses)
        {
            var secret = item.Image.Public || secretOf is null ? null : await secretOf(item.Image, cancellation);
            try
            {
                await target.CreateImageAsync(PullRequest(address, name, type, secret, options), watch, cancellation);
                return;
            }
            catch (StapesException e)
            {
                first ??= e;
            }
        }

        throw new StapesException(first!.Kind, $"{first.Message}; `--mode relay` has the bytes pass through this machine", first);
    };

    /// <summary>Has the source send images to the target.</summary>
    /// <param name="source">Who sends.</param>
    /// <param name="target">Who gets them.</param>
    /// <param name="address">How the source reaches the target.</param>
    public static DirectCopy Push(IncusClient source, IncusClient target, RemoteAddress address) => async (item, options, watch, cancellation) =>
    {
        var token = await target.StartAsync("/images", PushRequest(item.Image, options), cancellation);
        try
        {
            var secret = (string?)token.Metadata?["secret"]
                ?? throw new StapesException(ErrorKind.Unavailable, "The target server gives no secret for the image that shall be sent to it: it may be too old for `--mode push`");
            await source.RunAsync($"/images/{item.Image.Fingerprint}/export", new()
            {
                ["target"] = Root(address.Url),
                ["certificate"] = address.Certificate,
                ["secret"] = secret,
                ["project"] = address.Project,
                ["profiles"] = Names(options.Profiles),
            }, watch, cancellation);
        }
        finally
        {
            // The secret has served its purpose; the token may have ended with that.
            await target.TryCancelAsync(token);
        }
    };

    private static JsonObject PullRequest(RemoteAddress address, string name, ImageType? type, string? secret, ImageAddOptions options)
    {
        var source = new JsonObject
        {
            ["type"] = "image",
            ["mode"] = "pull",
            ["protocol"] = address.Protocol,
            ["server"] = Root(address.Url),
            ["certificate"] = address.Certificate,
            ["fingerprint"] = name,
            ["image_type"] = type?.ToName() ?? "",
            ["project"] = address.Protocol == "incus" ? address.Project : "",
        };
        if (secret is not null)
            source["secret"] = secret;
        var request = Common(options);
        request["auto_update"] = options.AutoUpdate;
        request["source"] = source;
        return request;
    }

    private static JsonObject PushRequest(RemoteImage image, ImageAddOptions options)
    {
        var request = Common(options);
        request["source"] = new JsonObject { ["mode"] = "push", ["fingerprint"] = image.Fingerprint.Hex };
        request["properties"] = new JsonObject(PropertyDictionary.From(image.Properties).With(options.Properties).Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        if ((options.ExpiresAt ?? image.ExpiresAt) is { } end)
            request["expires_at"] = end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        return request;
    }

    private static JsonObject Common(ImageAddOptions options)
    {
        var request = new JsonObject
        {
            ["public"] = options.Public,
            ["aliases"] = new JsonArray([.. options.Aliases.Select(static a => (JsonNode)new JsonObject { ["name"] = a.Name, ["description"] = a.Description })]),
        };
        if (options.Profiles.Count > 0)
            request["profiles"] = Names(options.Profiles);
        return request;
    }

    private static JsonArray? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : new([.. names.Select(static n => (JsonNode)n)]);

    // Clients of Incus put the path behind it.
    private static string Root(Uri url) => url.AbsoluteUri.TrimEnd('/');
}
