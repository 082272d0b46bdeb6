using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// <c>/1.0/images/aliases</c>. In Incus an alias leads to one image; here it can lead to one of each type and architecture, of which a
/// caller sees and changes the one that fits him.
/// </summary>
internal static class Aliases
{
    public static async Task<IResult> ListAsync(IncusCall call)
    {
        var aliases = (await call.ViewAsync()).Snapshot.Aliases.Where(a => a.Project == call.Project);
        return call.Recursive
            ? Reply.Sync([.. aliases.Select(a => ImageView.Describe(a, call.Architecture))], IncusJsonContext.Default.IReadOnlyListAliasRecord)
            : Reply.Sync([.. aliases.Select(static a => Urls.Of(a.Key))], IncusJsonContext.Default.IReadOnlyListString);
    }

    public static async Task<IResult> GetAsync(IncusCall call)
    {
        var alias = (await call.ViewAsync()).FindAlias(call.Alias, call.Architecture);
        return Reply.Sync(alias, IncusJsonContext.Default.AliasRecord, EntityTag.Of(alias));
    }

    public static async Task<IResult> CreateAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.AliasRecord);
        AliasName.Check(post.Name);
        var target = await TargetAsync(call, post.Target);
        var key = new AliasKey(call.Project, post.Name);
        await call.Api.Library.CreateAliasAsync(key, post.Description, target.Fingerprint, call.Cancellation);
        call.Api.Events.SendLifecycle(LifecycleAction.AliasCreated, key, new() { ["target"] = target.Fingerprint.Hex });
        return Reply.Created(Urls.Of(key));
    }

    public static async Task<IResult> PutAsync(IncusCall call)
    {
        var put = await call.ReadJsonAsync(IncusJsonContext.Default.AliasRecord);
        return await ChangeAsync(call, put.Description, await TargetAsync(call, put.Target));
    }

    public static async Task<IResult> PatchAsync(IncusCall call)
    {
        var patch = await call.ReadJsonAsync(IncusJsonContext.Default.AliasPatch);
        return await ChangeAsync(call, patch.Description, patch.Target is null ? null : await TargetAsync(call, patch.Target));
    }

    public static async Task<IResult> RenameAsync(IncusCall call)
    {
        var name = (await call.ReadJsonAsync(IncusJsonContext.Default.AliasRecord)).Name;
        var key = call.Alias;
        AliasName.Check(name);
        await call.Api.Library.RenameAliasAsync(key, name, call.Cancellation);
        call.Api.Events.SendLifecycle(LifecycleAction.AliasRenamed, key with { Name = name }, new() { ["old_name"] = key.Name });
        return Reply.Created(Urls.Of(key with { Name = name }));
    }

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        await call.Api.Library.DeleteAliasAsync(call.Alias, call.Cancellation);
        call.Api.Events.SendLifecycle(LifecycleAction.AliasDeleted, call.Alias);
        return Reply.Empty;
    }

    private static async Task<Image> TargetAsync(IncusCall call, string target) => target.Length > 0
        ? (await call.ViewAsync()).Find(call.Project, target)
        : throw new StapesException(ErrorKind.Invalid, "The alias has no target: name an image by its fingerprint");

    private static async Task<IResult> ChangeAsync(IncusCall call, string? description, Image? target)
    {
        var condition = call.Request.Headers.IfMatch.ToString();
        await call.Api.Library.UpdateAliasAsync(call.Alias, present =>
        {
            EntityTag.Check(condition, EntityTag.Of(ImageView.Describe(present, call.Architecture)));
            return present with { Description = description ?? present.Description, Targets = Targets(present, target, call.Architecture) };
        }, call.Cancellation);
        call.Api.Events.SendLifecycle(LifecycleAction.AliasUpdated, call.Alias, target is null ? null : new() { ["target"] = target.Fingerprint.Hex });
        return Reply.Empty;
    }

    /// <summary>The new target takes the place of the one of its type and architecture, or else of the one that the caller sees.</summary>
    private static IReadOnlyList<AliasTarget> Targets(Alias present, Image? target, Architecture? caller)
    {
        if (target is null)
            return present.Targets;
        var replaced = present.Targets.FirstOrDefault(t => (t.Type, t.Architecture) == (target.Type, target.Architecture))
            ?? ImageView.Preferred(present, caller);
        return [.. present.Targets.Where(t => t != replaced), new(target.Type, target.Architecture, target.Fingerprint)];
    }
}
