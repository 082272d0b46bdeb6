using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>POST /1.0/images</c> with a source of the type <c>image</c>: the server fetches one itself.</summary>
internal static class Pulls
{
    public static async Task<IResult> FromRemoteAsync(IncusCall call, ImagesPostRecord post, ImagesPostSourceRecord source)
    {
        var name = source.Fingerprint.Length > 0 ? source.Fingerprint : source.Alias;
        if (name.Length == 0)
            throw new StapesException(ErrorKind.Invalid, "must specify one of alias or fingerprint for init from image");
        if (source.Server.Length == 0)
            throw new StapesException(ErrorKind.Invalid, "The request names no server to fetch the image from");
        call.Api.Library.Limits.Expect(0);
        var order = new PullOrder(
            new(name, source.Server, Protocol(source.Protocol), source.Certificate, source.ImageType, IsGuarded(call)),
            await OptionsAsync(call, post))
        {
            Secret = source.Secret.Length > 0 ? source.Secret : null,
            RemoteProject = source.Project.Length > 0 ? source.Project : Image.DefaultProject,
        };
        return Reply.Started(call.Start(order.Add.Project, Start, operation => call.Api.Puller.PullAsync(order, operation)));
    }

    /// <summary>The clients of LXD have another name for the API.</summary>
    private static string Protocol(string name) => name is "" or "lxd" ? "incus" : name;

    /// <summary>How an operation begins that fetches an image.</summary>
    public static OperationRecord Start => new() { Description = "Downloading image", MayCancel = true };

    /// <summary>Only whoever may do everything may have the server look around in its own network.</summary>
    public static bool IsGuarded(IncusCall call) => !call.Caller.IsAdmin;

    /// <exception cref="StapesException">Invalid: an alias is none. NotFound: the project.</exception>
    public static async Task<ImageAddOptions> OptionsAsync(IncusCall call, ImagesPostRecord post) => new()
    {
        Project = await call.ExistingProjectAsync(),
        Public = post.Public,
        AutoUpdate = post.AutoUpdate,
        FileName = post.Filename,
        Properties = Images.Properties(post.Properties),
        Aliases = AliasName.Checked(post.Aliases?.Select(static a => new ImageAlias(a.Name, a.Description ?? ""))),
        Profiles = post.Profiles ?? Images.DefaultProfiles,
        ExpiresAt = Images.Expiry(post.ExpiresAt),
    };
}
