using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/images</c>: looking at images, changing and deleting them.</summary>
internal static class Images
{
    /// <summary>What an image gets that names no profiles.</summary>
    public static readonly IReadOnlyList<string> DefaultProfiles = ["default"];

    public static async Task<IResult> ListAsync(IncusCall call)
    {
        if (call is { AllProjects: true, Project: not Image.DefaultProject })
            throw new StapesException(ErrorKind.Invalid, "Cannot specify a project when requesting all projects");
        if (!call.Caller.IsTrusted && (call.AllProjects || call.Project != Image.DefaultProject))
            throw new StapesException(ErrorKind.Invalid, "Unauthenticated image queries are only possible against the default project");
        var view = await call.ViewAsync();
        return Reply.Prepared(view.List(call.AllProjects ? null : call.Project, call.Recursive, ImageFilter.Parse(call.Query("filter"))));
    }

    public static async Task<IResult> GetAsync(IncusCall call)
    {
        var (image, _) = await ImageAccess.FindAsync(call);
        return Reply.Sync(ImageView.Record(image), EntityTag.Of(image));
    }

    public static async Task<IResult> PutAsync(IncusCall call)
    {
        var put = await call.ReadJsonAsync(IncusJsonContext.Default.ImagePutRecord);
        return await ChangeAsync(call, present => present with
        {
            AutoUpdate = put.AutoUpdate,
            Public = put.Public,
            Properties = Changed(Properties(put.Properties)),
            ExpiresAt = put.ExpiresAt == default ? present.ExpiresAt : Expiry(put.ExpiresAt),
            Profiles = put.Profiles ?? DefaultProfiles,
        });
    }

    public static async Task<IResult> PatchAsync(IncusCall call)
    {
        var patch = await call.ReadJsonAsync(IncusJsonContext.Default.ImagePatchRecord);
        return await ChangeAsync(call, present => present with
        {
            AutoUpdate = patch.AutoUpdate ?? present.AutoUpdate,
            Public = patch.Public ?? present.Public,
            Properties = Changed(PropertyDictionary.From(present.Properties).With(Properties(patch.Properties))),
        });
    }

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        var image = (await call.ImageAsync()).Key;
        return Reply.Started(call.Start(
            image.Project, new() { Description = "Deleting image", Resources = Urls.Resources(image) }, async operation =>
            {
                await call.Api.Library.DeleteAsync(image, precondition: null, operation.Cancellation);
                call.Api.Events.SendLifecycle(LifecycleAction.ImageDeleted, image);
            }));
    }

    public static async Task<IResult> CreateSecretAsync(IncusCall call)
    {
        var image = (await call.ImageAsync()).Key;
        call.Api.Events.SendLifecycle(LifecycleAction.ImageSecretCreated, image);
        return Reply.Started(call.Api.Operations.CreateToken(image, upload: null, call.Follow()));
    }

    /// <summary>The start of time stands for never.</summary>
    public static DateTimeOffset? Expiry(DateTimeOffset time) => time <= DateTimeOffset.UnixEpoch ? null : time.ToUniversalTime();

    public static PropertyDictionary Properties(IReadOnlyDictionary<string, string?>? properties) =>
        PropertyDictionary.From((properties ?? new Dictionary<string, string?>()).Select(static p => KeyValuePair.Create(p.Key, p.Value ?? "")));

    /// <summary>As in Incus an image may come with an empty property, but a change to "" deletes it: <c>incus image unset-property</c> sends that.</summary>
    private static PropertyDictionary Changed(PropertyDictionary properties) => PropertyDictionary.From(properties.Where(static p => p.Value.Length > 0));

    private static async Task<IResult> ChangeAsync(IncusCall call, Func<Image, Image> change)
    {
        var image = (await call.ImageAsync()).Key;
        var condition = call.Request.Headers.IfMatch.ToString();
        await call.Api.Library.UpdateAsync(image, present =>
        {
            EntityTag.Check(condition, EntityTag.Of(present));
            return change(present);
        }, call.Cancellation);
        call.Api.Events.SendLifecycle(LifecycleAction.ImageUpdated, image);
        return Reply.Empty;
    }
}
