using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/projects</c>: the default project, those that were created, and those that have images.</summary>
internal static class Projects
{
    public static async Task<IResult> ListAsync(IncusCall call)
    {
        var filter = ListFilter<ProjectRecord>.Parse(call.Query("filter"), Compare);
        var shown = Names(call.Api, (await call.ViewAsync()).Snapshot).Where(call.Caller.MaySeePrivate)
            .Select(n => Describe(call.Api, n)).Where(p => filter?.Matches(p) is not false);
        return call.Recursive
            ? Reply.Sync([.. shown], IncusJsonContext.Default.IReadOnlyListProjectRecord)
            : Reply.Sync([.. shown.Select(static p => Url(p.Name))], IncusJsonContext.Default.IReadOnlyListString);
    }

    public static async Task<IResult> GetAsync(IncusCall call)
    {
        var name = call.Route("name");
        return call.Caller.MaySeePrivate(name) && Exists(call.Api, (await call.ViewAsync()).Snapshot, name)
            ? Reply.Sync(Describe(call.Api, name), IncusJsonContext.Default.ProjectRecord)
            : throw new StapesException(ErrorKind.NotFound, $"Project \"{name}\" not found");
    }

    public static async Task<IResult> CreateAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.ProjectPutRecord);
        CheckConfig(post.Config);
        var name = post.Name ?? "";
        await call.Api.Access.ChangeProjectsAsync(ProjectChanges.Create(new(name, post.Description ?? "")), call.Cancellation);
        return Reply.Created(Url(name));
    }

    public static async Task<IResult> PutAsync(IncusCall call)
    {
        var put = await call.ReadJsonAsync(IncusJsonContext.Default.ProjectPutRecord);
        CheckConfig(put.Config);
        await call.Api.Access.ChangeProjectsAsync(ProjectChanges.Describe(call.Route("name"), put.Description), call.Cancellation);
        return Reply.Empty;
    }

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        await call.Api.Access.ChangeProjectsAsync(ProjectChanges.Delete(call.Route("name")), call.Cancellation);
        return Reply.Empty;
    }

    /// <summary>A project has images of its own, and nothing else that could be set.</summary>
    private static void CheckConfig(IReadOnlyDictionary<string, string?>? config)
    {
        if (config?.FirstOrDefault(static c => c is not { Key: "features.images", Value: "true" }) is { Key: { } key } set)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"Invalid project configuration: {key}={set.Value} cannot be had on an image server; leave it out");
        }
    }

    private static Func<ProjectRecord, bool> Compare(string field, bool equal, string value) => field switch
    {
        "name" => ImageField.Text<ProjectRecord>(static p => p.Name, equal, value),
        "description" => ImageField.Text<ProjectRecord>(static p => p.Description, equal, value),
        _ => throw ImageFilter.Invalid($"projects cannot be filtered by \"{field}\""),
    };

    private static string Url(string name) => $"/1.0/projects/{Uri.EscapeDataString(name)}";

    public static bool Exists(IncusApi api, ImageSnapshot snapshot, string name) =>
        api.Access.State.Projects.ContainsKey(name) || name == Image.DefaultProject || snapshot.InProject(name).Any();

    private static IEnumerable<string> Names(IncusApi api, ImageSnapshot snapshot) => snapshot.Images.Select(static i => i.Project)
        .Concat(api.Access.State.Projects.Keys).Append(Image.DefaultProject).Distinct().Order(StringComparer.Ordinal);

    private static ProjectRecord Describe(IncusApi api, string name) => new()
    {
        Name = name,
        Description = api.Access.State.Projects.GetValueOrDefault(name)?.Description ?? "",
        Config = new Dictionary<string, string> { ["features.images"] = "true" },
        UsedBy = [],
    };
}
