using System.CommandLine;
using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>config trust edit</c>: in an editor, or from standard input.</summary>
internal static class TrustEditCommand
{
    private const string Help = """
        # The trusted client in YAML. These lines are left out.
        #
        # The fingerprint is shown but cannot be changed. The roles are viewer, publisher and admin.

        """;

    public static Command Create()
    {
        var fingerprint = TrustCommand.Fingerprint();
        var command = new Command("edit", "Edit trust configurations as YAML") { fingerprint };
        command.SetAction(async (result, cancellation) =>
        {
            var name = LocalServer.Name(result.GetRequiredValue(fingerprint));
            using var server = LocalServer.Connect(result);
            if (Console.IsInputRedirected)
            {
                await server.UpdateCertificateAsync(name, CertificateYaml.Parse(await Console.In.ReadToEndAsync(cancellation)), etag: null, cancellation);
                return;
            }

            var (certificate, etag) = await server.GetCertificateAsync(name, cancellation);
            using var text = new StringWriter { NewLine = "\n" };
            text.WriteLine(Help);
            YamlWriter.Write(text, certificate, IncusJsonContext.Default.CertificateRecord);
            using var editor = new TextEditor(text.ToString());
            while (true)
            {
                try
                {
                    await server.UpdateCertificateAsync(certificate.Fingerprint, CertificateYaml.Parse(await editor.EditAsync(cancellation)), etag, cancellation);
                    return;
                }
                catch (StapesException e) when (e.Kind != ErrorKind.Unavailable)
                {
                    await result.InvocationConfiguration.Error.WriteLineAsync($"Config parsing error: {e.Message}");
                    result.InvocationConfiguration.Output.WriteLine("Press enter to open the editor again or ctrl+c to abort change");
                    if (await Console.In.ReadLineAsync(cancellation) is null)
                        throw;
                }
            }
        });
        return command;
    }
}
