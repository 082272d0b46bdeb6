using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/1.0/projects</c>: the default project, and those that have images. They cannot be edited.</summary>
internal static class Projects
{
    public static async Task<IResult> ListAsync(IncusCall call)
    {
        var names = Names((await call.ViewAsync()).Snapshot);
        return call.Recursive
            ? Reply.Sync([.. names.Select(Describe)], IncusJsonContext.Default.IReadOnlyListProjectRecord)
            : Reply.Sync([.. names.Select(static n => $"/1.0/projects/{Uri.EscapeDataString(n)}")], IncusJsonContext.Default.IReadOnlyListString);
    }

    public static async Task<IResult> GetAsync(IncusCall call)
    {
        var name = call.Route("name");
        return Exists((await call.ViewAsync()).Snapshot, name)
            ? Reply.Sync(Describe(name), IncusJsonContext.Default.ProjectRecord)
            : throw new StapesException(ErrorKind.NotFound, $"Project \"{name}\" not found");
    }

    public static bool Exists(ImageSnapshot snapshot, string name) => name == Image.DefaultProject || snapshot.InProject(name).Any();

    private static IEnumerable<string> Names(ImageSnapshot snapshot) =>
        snapshot.Images.Select(static i => i.Project).Append(Image.DefaultProject).Distinct().Order(StringComparer.Ordinal);

    private static ProjectRecord Describe(string name) => new()
    {
        Name = name,
        Description = name == Image.DefaultProject ? "Default Stapes project" : "",
        Config = new Dictionary<string, string> { ["features.images"] = "true" },
        UsedBy = [],
    };
}
