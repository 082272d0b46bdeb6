using System.CommandLine;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>stapes config trust</c>, with the words and flags of <c>incus config trust</c>.</summary>
internal static class TrustCommand
{
    public static Command Create() => new("trust", "Manage trusted clients")
    {
        TrustAddCommand.Create(),
        TrustAddCertificateCommand.Create(),
        TrustEditCommand.Create(),
        TrustListCommand.Create(),
        TrustTokenCommands.CreateList(),
        CreateRemove(),
        TrustTokenCommands.CreateRevoke(),
        CreateShow(),
    };

    public static Argument<string> Fingerprint() => new("fingerprint") { Description = "The fingerprint of a certificate, or the start of one" };

    private static Command CreateRemove()
    {
        var fingerprint = Fingerprint();
        var command = new Command("remove", "Remove trusted client") { fingerprint };
        command.Aliases.Add("delete");
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            await server.DeleteCertificateAsync(LocalServer.Name(result.GetRequiredValue(fingerprint)), cancellation);
        });
        return command;
    }

    private static Command CreateShow()
    {
        var fingerprint = Fingerprint();
        var command = new Command("show", "Show trust configurations") { fingerprint };
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var (certificate, _) = await server.GetCertificateAsync(LocalServer.Name(result.GetRequiredValue(fingerprint)), cancellation);
            YamlWriter.Write(result.InvocationConfiguration.Output, certificate, IncusJsonContext.Default.CertificateRecord);
        });
        return command;
    }
}
