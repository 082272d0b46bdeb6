using System.CommandLine;

namespace Stapes.Commands.Config;

/// <summary><c>config trust add-certificate</c>.</summary>
internal static class TrustAddCertificateCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("cert.crt") { Description = "A file with the certificate in PEM; - for standard input" };
        var restricted = new Option<bool>("--restricted") { Description = "Restrict the certificate to one or more projects" };
        var projects = new Option<string?>("--projects") { Description = "List of projects to restrict the certificate to", HelpName = "NAMES" };
        var name = new Option<string?>("--name") { Description = "Alternative certificate name", HelpName = "NAME" };
        var type = new Option<string>("--type", "-t") { Description = "Type of certificate", HelpName = "TYPE", DefaultValueFactory = static _ => "client" };
        var description = new Option<string?>("--description") { Description = "Certificate description", HelpName = "TEXT" };
        var role = AccessOptions.Role();
        var command = new Command("add-certificate", "Add new trusted client certificate") { file, restricted, projects, name, type, description, role };
        command.SetAction(async (result, cancellation) =>
        {
            var path = result.GetRequiredValue(file);
            var pem = path == "-" ? await Console.In.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(path, cancellation);
            using var server = LocalServer.Connect(result);
            await server.AddCertificateAsync(new()
            {
                Name = result.GetValue(name) ?? Path.GetFileName(path),
                Type = result.GetRequiredValue(type),
                Restricted = result.GetValue(restricted),
                Projects = result.GetValue(projects)?.Split(',', StringSplitOptions.RemoveEmptyEntries),
                Description = result.GetValue(description) ?? "",
                Certificate = pem,
                Role = result.GetValue(role),
            }, cancellation);
        });
        return command;
    }
}
