using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Output;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote add</c>.</summary>
internal static class AddCommand
{
    private static readonly Argument<string[]> Words = new("name> <URL|token") { Description = "A name, and URLs or a trust token; the name may be left out before a single URL", Arity = ArgumentArity.OneOrMore };

    private static readonly Option<bool> AcceptCertificate = new("--accept-certificate") { Description = "Accept certificate" };

    private static readonly Option<string?> AuthType = new("--auth-type") { Description = "Server authentication type (tls or oidc)", HelpName = "TYPE" };

    private static readonly Option<string?> CredentialsHelper = new("--credentials-helper") { Description = "Binary helper for retrieving credentials", HelpName = "PROGRAM" };

    private static readonly Option<int> KeepAlive = new("--keepalive") { Description = "Maintain remote connection for faster commands (kept for the Incus client)", HelpName = "SECONDS" };

    private static readonly Option<string?> Project = new("--project") { Description = "Project to use for the remote", HelpName = "NAME" };

    private static readonly Option<string> Protocol = new("--protocol") { Description = "Server protocol (incus, oci or simplestreams)", HelpName = "NAME", DefaultValueFactory = static _ => ConfiguredRemote.Incus };

    private static readonly Option<bool> Public = new("--public") { Description = "Public image server" };

    private static readonly Option<string?> TlsCert = new("--tls-cert") { Description = "Remote-specific TLS client certificate (PEM)", HelpName = "FILE" };

    private static readonly Option<string?> TlsKey = new("--tls-key") { Description = "Remote-specific TLS client key (PEM)", HelpName = "FILE" };

    private static readonly Option<string?> TlsP12 = new("--tls-p12") { Description = "Remote-specific TLS client keypair (PKCS#12)", HelpName = "FILE" };

    private static readonly Option<string?> Token = new("--token") { Description = "Remote trust token", HelpName = "TOKEN" };

    public static Command Create()
    {
        var command = new Command("add", """
            Add new remote servers

            With --protocol=simplestreams, a password may stand in the URL, and a directory in its place:
              stapes remote add some-name https://LOGIN:PASSWORD@example.com/some/path --protocol=simplestreams
              stapes remote add some-name file:///srv/tree --protocol=simplestreams

            Of several URLs the next one is asked when one fails:
              stapes remote add some-name server1.example.com server2.example.com

            With --auth-type=oidc, or where the server wants it, a URL and a code are shown, with which you log in in a browser:
              stapes remote add some-name server.example.com --auth-type=oidc
            """)
        {
            Words, AcceptCertificate, AuthType, CredentialsHelper, KeepAlive, Project, Protocol, Public, TlsCert, TlsKey, TlsP12, Token,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        using var certificate = OwnCertificate(result);
        var remote = Read(result, certificate);
        RemoteArgument.RequireNew(book.Configuration, remote.Name);
        var paths = book.Configuration.Paths;
        if (remote is { Protocol: ConfiguredRemote.Incus, Public: false, OwnCertificate: null, AuthType: not ConfiguredRemote.Oidc } && !remote.Targets.All(static t => t.StartsWith("unix:", StringComparison.Ordinal) || t is ['/', ..]))
            await GenerateCertificateCommand.EnsureAsync(paths, result.InvocationConfiguration.Error, cancellation);

        var adder = new RemoteAdder(book, remote, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error.WriteLine);
        var configured = await adder.MeetAsync(cancellation);
        await ClientConfiguration.ChangeAsync(
            paths,
            (configuration, yaml) =>
            {
                RemoteArgument.RequireNew(configuration, remote.Name);
                // The remote is there when the last of its files is: config.yml.
                foreach (var file in paths.FilesOf(remote.Name).Where(File.Exists))
                    File.Delete(file);
                if (adder.ServerCertificate is { } pinned)
                    PrivateFile.Write(paths.ServerCertificate(remote.Name), pinned.ExportCertificatePem() + "\n", PrivateFile.Readable);
                if (certificate is not null)
                    ClientCertificate.Save(certificate, paths.RemoteCertificate(remote.Name), paths.RemoteKey(remote.Name));
                if (adder.Login is { } login)
                    new LoginFile(paths, remote.Name).Write(login);
                yaml.Set(configured);
            },
            cancellation);
        return 0;
    }

    private static NewRemote Read(ParseResult result, X509Certificate2? certificate)
    {
        var words = result.GetRequiredValue(Words);
        var protocol = result.GetRequiredValue(Protocol);
        if (protocol is not (ConfiguredRemote.Incus or ConfiguredRemote.Simplestreams or ConfiguredRemote.Oci))
            throw new StapesException(ErrorKind.Invalid, $"Invalid protocol: {protocol}; use incus, simplestreams or oci");
        if (certificate is not null && protocol != ConfiguredRemote.Incus)
            throw new StapesException(ErrorKind.Invalid, "TLS client certificates can only be used with the incus protocol");
        if (result.GetValue(AuthType) is { } type && type is not (ConfiguredRemote.Tls or ConfiguredRemote.Oidc))
            throw new StapesException(ErrorKind.Invalid, $"Invalid authentication type \"{type}\": use tls or oidc");
        var (name, targets) = words is [var only] ? (NameOf(only), words) : (words[0], words[1..]);
        return new(name.TrimEnd(':'), targets, protocol)
        {
            Public = result.GetValue(Public),
            AcceptCertificate = result.GetValue(AcceptCertificate),
            Token = result.GetValue(Token),
            AuthType = result.GetValue(AuthType) ?? "",
            Project = result.GetValue(Project) ?? "",
            KeepAlive = result.GetValue(KeepAlive),
            CredentialsHelper = result.GetValue(CredentialsHelper) ?? "",
            OwnCertificate = certificate,
        };
    }

    /// <summary>A remote without a name is called after its host, or its directory.</summary>
    private static string NameOf(string target)
    {
        var address = TrustToken.TryParse(target) is { } token ? $"https://{token.Addresses[0]}" : target;
        return !Uri.TryCreate(address, UriKind.Absolute, out var url) ? address : url.IsFile ? Path.GetFileName(url.LocalPath.TrimEnd('/')) : url.Host.Length > 0 ? url.Host.Trim('[', ']') : address;
    }

    private static X509Certificate2? OwnCertificate(ParseResult result)
    {
        var (p12, certificate, key) = (result.GetValue(TlsP12), result.GetValue(TlsCert), result.GetValue(TlsKey));
        if (p12 is not null && (certificate is not null || key is not null))
            throw new StapesException(ErrorKind.Invalid, "--tls-p12 can't be used with --tls-cert or --tls-key");
        if (certificate is null != key is null)
            throw new StapesException(ErrorKind.Invalid, "--tls-cert and --tls-key must be used together");
        return p12 is not null ? LoadP12(p12) : certificate is not null ? ClientCertificate.Load(certificate, key!) : null;
    }

    private static X509Certificate2 LoadP12(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (!IsP12(bytes))
            throw new StapesException(ErrorKind.Invalid, $"{path} is no PKCS#12 file: name one with the certificate and its key, or give both as PEM with --tls-cert and --tls-key");
        foreach (var password in (Func<string>[])[static () => "", () => Question.AskSecret($"Password for {path}: ")])
        {
            try
            {
                return X509CertificateLoader.LoadPkcs12(bytes, password(), X509KeyStorageFlags.Exportable);
            }
            catch (CryptographicException)
            {
                // Without a password first, then with one.
            }
        }

        throw new StapesException(ErrorKind.Invalid, $"{path} cannot be opened: the password is wrong, or the file is damaged");
    }

    private static bool IsP12(byte[] bytes)
    {
        try
        {
            return X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pkcs12;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
