using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Output;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote get-client-certificate</c>: what an administrator adds to a server, so that it knows us.</summary>
internal static class GetClientCertificateCommand
{
    private static readonly Argument<string?> Target = new("target file") { Description = "Where to write it [default: standard output]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string> Format = new("--format", "-f") { Description = "Format (pem|pfx); pfx holds the key too", HelpName = "FORMAT", DefaultValueFactory = static _ => "pem" };

    public static Command Create()
    {
        var command = new Command("get-client-certificate", "Print or retrieve the client certificate used by this client") { Target, Format };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var (paths, target, format) = (RemoteOptions.Paths(result), result.GetValue(Target), result.GetRequiredValue(Format));
        if (format is not ("pem" or "pfx"))
            throw new StapesException(ErrorKind.Invalid, $"Invalid certificate format \"{format}\": use pem or pfx");
        if (format == "pfx" && target is null)
            throw new StapesException(ErrorKind.Invalid, "PFX export requires a filename");
        await GenerateCertificateCommand.EnsureAsync(paths, result.InvocationConfiguration.Error, cancellation);
        var pem = await File.ReadAllTextAsync(paths.Certificate, cancellation);
        if (target is null)
            await result.InvocationConfiguration.Output.WriteAsync(pem);
        else if (format == "pem")
            await File.WriteAllTextAsync(target, pem, cancellation);
        else
            await WritePfxAsync(paths, target, cancellation);
        return 0;
    }

    private static async Task WritePfxAsync(ClientPaths paths, string target, CancellationToken cancellation)
    {
        using var certificate = ClientCertificate.Load(paths.Certificate, paths.Key);
        var bytes = certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, Question.AskSecret($"Password for {target}: "));
        await using var file = new FileStream(target, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = PrivateFile.OwnerOnly });
        File.SetUnixFileMode(file.SafeFileHandle, PrivateFile.OwnerOnly);
        await file.WriteAsync(bytes, cancellation);
    }
}
