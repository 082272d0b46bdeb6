using System.CommandLine;
using Stapes.Core;
using Stapes.Core.Storage.FileSystem;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote generate-certificate</c>.</summary>
internal static class GenerateCertificateCommand
{
    public static Command Create()
    {
        var command = new Command("generate-certificate", "Manually trigger the generation of a client certificate");
        command.SetAction(static async (result, cancellation) =>
        {
            if (!await EnsureAsync(RemoteOptions.Paths(result), result.InvocationConfiguration.Error, cancellation))
                throw new StapesException(ErrorKind.Conflict, "A client certificate is already present");
        });
        return command;
    }

    /// <summary>Makes the certificate if there is none.</summary>
    /// <returns>False when there was one.</returns>
    public static async Task<bool> EnsureAsync(ClientPaths paths, TextWriter errors, CancellationToken cancellation)
    {
        if (ClientCertificate.Exists(paths))
            return false;
        using var turn = await FileLock.AcquireAsync(paths.Lock, cancellation);
        if (ClientCertificate.Exists(paths))
            return false;
        await errors.WriteLineAsync("Generating a client certificate. This may take a minute...");
        ClientCertificate.Generate(paths);
        return true;
    }
}
