using System.CommandLine;
using System.Text.Json;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Project;

/// <summary><c>stapes project</c>: parts of the local store with images and aliases of their own.</summary>
internal static class ProjectCommand
{
    public static Command Create() => new("project", "Manage the projects of the local server")
    {
        RemoteOptions.Data, RemoteOptions.Socket, LocalServer.Quiet,
        CreateCreate(), CreateDelete(), CreateList(),
    };

    private static Command CreateCreate()
    {
        var name = new Argument<string>("project") { Description = "The name of the new project" };
        var description = new Option<string?>("--description") { Description = "Project description", HelpName = "TEXT" };
        var command = new Command("create", "Create projects") { name, description };
        command.Aliases.Add("add");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var project = LocalServer.Name(result.GetRequiredValue(name));
            await server.CreateProjectAsync(new() { Name = project, Description = result.GetValue(description) }, cancellation);
            if (!result.GetValue(LocalServer.Quiet))
                result.InvocationConfiguration.Output.WriteLine($"Project {project} created");
        });
        return command;
    }

    private static Command CreateDelete()
    {
        var name = new Argument<string>("project") { Description = "The project, which is empty" };
        var command = new Command("delete", "Delete projects") { name };
        command.Aliases.Add("rm");
        command.Aliases.Add("remove");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var project = LocalServer.Name(result.GetRequiredValue(name));
            await server.DeleteProjectAsync(project, cancellation);
            if (!result.GetValue(LocalServer.Quiet))
                result.InvocationConfiguration.Output.WriteLine($"Project {project} deleted");
        });
        return command;
    }

    private static Command CreateList()
    {
        var format = FormatOption.Create();
        var command = new Command("list", "List projects") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var raw = await server.ListProjectsAsync(cancellation);
            var rows = raw.EnumerateArray().Select(static p => p.Deserialize(IncusJsonContext.Default.ProjectRecord)!)
                .Select(static p => (IReadOnlyList<string>)[p.Name, p.Description]).Order(NaturalRowOrder.Instance).ToList();
            ListPrinter.Print(
                result.InvocationConfiguration.Output, result.GetRequiredValue(format), ["NAME", "DESCRIPTION"], rows,
                raw, IncusJsonContext.Default.IReadOnlyListProjectRecord);
        });
        return command;
    }
}
