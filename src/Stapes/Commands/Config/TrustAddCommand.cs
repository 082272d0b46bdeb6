using System.CommandLine;

namespace Stapes.Commands.Config;

/// <summary><c>config trust add</c>: makes a token, with which a client adds itself.</summary>
internal static class TrustAddCommand
{
    public static Command Create()
    {
        var client = new Argument<string>("client") { Description = "The name of the new client" };
        var restricted = new Option<bool>("--restricted") { Description = "Restrict the certificate to one or more projects" };
        var projects = new Option<string?>("--projects") { Description = "List of projects to restrict the certificate to", HelpName = "NAMES" };
        var role = AccessOptions.Role();
        var expiry = AccessOptions.Expiry("the token");
        var command = new Command("add", """
            Add new trusted client

            This will issue a trust token to be used by the client to add itself to the trust store: `incus remote add NAME TOKEN`. It is good
            for one client and, unless --expiry says otherwise, for a day. With -q the token alone is printed.
            """) { client, restricted, projects, role, expiry };
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var token = await server.AddTrustTokenAsync(new()
            {
                Name = LocalServer.Name(result.GetRequiredValue(client)),
                Type = "client",
                Restricted = result.GetValue(restricted),
                Projects = result.GetValue(projects)?.Split(',', StringSplitOptions.RemoveEmptyEntries),
                Role = result.GetValue(role),
                ExpiresAt = AccessOptions.End(result.GetValue(expiry)),
            }, cancellation);
            var output = result.InvocationConfiguration.Output;
            if (!result.GetValue(LocalServer.Quiet))
                output.WriteLine($"Client {token.ClientName} certificate add token:");
            output.WriteLine(token.Encode());
        });
        return command;
    }
}
