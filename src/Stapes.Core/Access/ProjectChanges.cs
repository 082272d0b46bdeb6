using Stapes.Core.Library;

namespace Stapes.Core.Access;

/// <summary>What can be done to projects, for <see cref="AccessControl.ChangeProjectsAsync"/>. Failures are <see cref="StapesException"/>.</summary>
public static class ProjectChanges
{
    /// <summary>Fails with Conflict when it is there, with Invalid when its name is none.</summary>
    public static AccessChange Create(Project project)
    {
        ArgumentNullException.ThrowIfNull(project);
        Project.Check(project.Name);
        return (state, useOf) => state.Projects.ContainsKey(project.Name) || useOf(project.Name).HasImages
            ? throw new StapesException(ErrorKind.Conflict, $"Project \"{project.Name}\" already exists")
            : state with { Projects = state.Projects.Add(project.Name, project) };
    }

    /// <summary>Sets the description; null for the present one. Fails with NotFound.</summary>
    public static AccessChange Describe(string name, string? description) => (state, useOf) => Exists(state, useOf, name)
        ? state with { Projects = state.Projects.SetItem(name, new(name, description ?? state.Projects.GetValueOrDefault(name)?.Description ?? "")) }
        : throw Unknown(name);

    /// <summary>Deletes an empty project; whoever was restricted to it loses it. Fails with NotFound, or with Invalid when it is not empty.</summary>
    public static AccessChange Delete(string name) => (state, useOf) =>
    {
        if (name == Image.DefaultProject)
            throw new StapesException(ErrorKind.Forbidden, "The 'default' project cannot be deleted");
        if (useOf(name) is { HasImages: true } or { HasRepositories: true })
            throw new StapesException(ErrorKind.Invalid, $"Only empty projects can be removed: delete the images, aliases and repositories of \"{name}\" first");
        if (!state.Projects.ContainsKey(name))
            throw Unknown(name);
        return state with
        {
            Projects = state.Projects.Remove(name),
            Identities = state.Identities.SetItems(state.Identities
                .Where(i => i.Value.Projects.Contains(name))
                .Select(i => KeyValuePair.Create(i.Key, i.Value with { Projects = [.. i.Value.Projects.Where(p => p != name)] }))),
            TrustTokens = state.TrustTokens.RemoveRange(state.TrustTokens.Values.Where(t => t.Projects.Contains(name)).Select(static t => t.Hash)),
        };
    };

    private static bool Exists(AccessState state, Func<string, ProjectUse> useOf, string name) =>
        name == Image.DefaultProject || state.Projects.ContainsKey(name) || useOf(name).HasImages;

    private static StapesException Unknown(string name) => new(ErrorKind.NotFound, $"Project \"{name}\" not found");
}
