using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Incus.Client.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Remotes;

/// <summary>Gets to know a server before it becomes a remote: its certificate, whether it trusts us, and which project is meant.</summary>
/// <param name="book">The remotes that there are.</param>
/// <param name="remote">What is known so far.</param>
/// <param name="output">Is told what happened.</param>
/// <param name="prompt">Is told what the user has to read to log in; one line each.</param>
internal sealed class RemoteAdder(RemoteBook book, NewRemote remote, TextWriter output, Action<string> prompt)
{
    private static readonly HttpPatience Patience = new();

    /// <summary>The certificate to pin; null where an authority vouches for the server.</summary>
    public X509Certificate2? ServerCertificate { get; private set; }

    /// <summary>The login to keep; null where there is none.</summary>
    public OidcTokens? Login { get; private set; }

    /// <returns>The remote, to be written.</returns>
    public async Task<ConfiguredRemote> MeetAsync(CancellationToken cancellation)
    {
        var token = remote.Targets is [var only] ? TrustToken.TryParse(only) : null;
        var configured = new ConfiguredRemote(
            remote.Name, RemoteUrl.Normalize(token is null ? remote.Targets : [.. token.Addresses.Select(static a => $"https://{a}")], remote.Protocol))
        {
            Protocol = remote.Protocol,
            KeepAlive = remote.KeepAlive,
            AuthType = remote.AuthType,
        };
        if (remote.AuthType == ConfiguredRemote.Oidc && (token is not null || remote.Token is not null))
            throw new StapesException(ErrorKind.Invalid, "A trust token is not for --auth-type=oidc: give the server's address alone, or leave out --auth-type");
        if (remote.Protocol != ConfiguredRemote.Incus)
            return await MeetImageServerAsync(configured with { Public = true, AuthType = "", CredentialsHelper = remote.CredentialsHelper }, cancellation);
        if (!configured.IsUnix)
            await LookAtCertificateAsync(configured.Addresses, token, cancellation);
        return await MeetIncusAsync(configured, token is null ? remote.Token : remote.Targets[0], cancellation);
    }

    /// <summary>Image servers are not asked for anything, unless a certificate shall be accepted.</summary>
    private async Task<ConfiguredRemote> MeetImageServerAsync(ConfiguredRemote configured, CancellationToken cancellation)
    {
        if (remote.AcceptCertificate && configured.Addresses[0].StartsWith("https:", StringComparison.Ordinal))
            await LookAtCertificateAsync(configured.Addresses, token: null, cancellation);
        return configured;
    }

    private async Task LookAtCertificateAsync(IReadOnlyList<string> addresses, TrustToken? token, CancellationToken cancellation)
    {
        var probed = await ProbeAsync(addresses, cancellation);
        if (probed.IsTrusted)
            return;
        if (token is not null && token.Fingerprint != probed.Fingerprint)
            throw new StapesException(ErrorKind.Forbidden, $"Certificate fingerprint mismatch between certificate token ({token.Fingerprint}) and server ({probed.Fingerprint}): ask the server's administrator for a new token");
        if (token is null && !remote.AcceptCertificate)
            Ask(probed.Fingerprint);
        ServerCertificate = probed.Certificate;
    }

    private static async Task<ProbedCertificate> ProbeAsync(IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        var failures = new List<string>();
        foreach (var address in addresses)
        {
            try
            {
                return await ServerCertificateProbe.GetAsync(ServerAddress.Parse(new(address)), Patience, cancellation);
            }
            catch (StapesException e) when (e.Kind == ErrorKind.Unavailable)
            {
                failures.Add(e.Message);
            }
        }

        throw new StapesException(ErrorKind.Unavailable, string.Join("; ", failures));
    }

    private static void Ask(string fingerprint)
    {
        Console.WriteLine($"Certificate fingerprint: {fingerprint}");
        var answer = Question.Ask("ok (y/n/[fingerprint])? ", defaultAnswer: "n", a => a == fingerprint || a[0] is 'y' or 'Y' or 'n' or 'N');
        if (answer != fingerprint && answer[0] is 'n' or 'N')
            throw new StapesException(ErrorKind.Forbidden, "Server certificate NACKed by user: nothing was added");
    }

    private async Task<ConfiguredRemote> MeetIncusAsync(ConfiguredRemote configured, string? token, CancellationToken cancellation)
    {
        // What the server says of itself, it says to strangers and those whom it trusts by their certificate.
        var access = book.AccessTo(configured with { Public = remote.Public, AuthType = ConfiguredRemote.Tls });
        if (!configured.IsUnix)
            access = access with { PinnedCertificate = ServerCertificate, ClientCertificate = remote.OwnCertificate ?? access.ClientCertificate };
        using var server = new IncusServer(IncusConnection.To(access));
        var record = await server.GetAsync(cancellation);
        if (configured.IsUnix)
            return configured with { AuthType = ConfiguredRemote.Tls, Project = await ChooseProjectAsync(server, cancellation) };
        if (remote.Public || (record.Public && token is null && record.Auth != "trusted" && remote.AuthType != ConfiguredRemote.Oidc))
            return configured with { Public = true, AuthType = "" };

        // As the Incus client: a login goes first where the server offers both.
        var prefersLogin = token is null && record.Auth != "trusted" && record.AuthMethods?.Contains(ConfiguredRemote.Oidc) is true;
        configured = configured with { AuthType = remote.AuthType.Length > 0 ? remote.AuthType : prefersLogin ? ConfiguredRemote.Oidc : ConfiguredRemote.Tls };
        if (record.AuthMethods is { } methods && !methods.Contains(configured.AuthType))
            throw new StapesException(ErrorKind.Forbidden, $"Authentication type '{configured.AuthType}' not supported by server: it knows {string.Join(", ", methods)}");
        if (configured.AuthType == ConfiguredRemote.Oidc)
            return await LogInAsync(configured, access with { ClientCertificate = null }, cancellation);
        if (record.Auth != "trusted")
            await BecomeTrustedAsync(server, token, cancellation);
        return configured with { Project = await ChooseProjectAsync(server, cancellation) };
    }

    private async Task<ConfiguredRemote> LogInAsync(ConfiguredRemote configured, HttpAccess access, CancellationToken cancellation)
    {
        using var login = new NewLogin();
        using var server = new IncusServer(IncusConnection.To(new OidcLogin(remote.Name, login, prompt, TimeProvider.System).AddTo(access)));
        if ((await server.GetAsync(cancellation)).Auth != "trusted")
            throw new StapesException(ErrorKind.Forbidden, "Server doesn't trust us after authentication: ask its administrator what the user of this login may do");
        configured = configured with { Project = await ChooseProjectAsync(server, cancellation) };
        Login = login.Read();
        return configured;
    }

    private async Task BecomeTrustedAsync(IncusServer server, string? token, CancellationToken cancellation)
    {
        await server.TrustUsAsync(token ?? Question.Ask($"Trust token for {remote.Name}: "), cancellation);
        if ((await server.GetAsync(cancellation)).Auth != "trusted")
            throw new StapesException(ErrorKind.Forbidden, "Server doesn't trust us after authentication: ask its administrator for a new trust token");
        await output.WriteLineAsync($"Client certificate now trusted by server: {remote.Name}");
    }

    private async Task<string> ChooseProjectAsync(IncusServer server, CancellationToken cancellation)
    {
        var projects = await server.ProjectsAsync(cancellation);
        if (remote.Project.Length > 0)
            return projects.Contains(remote.Project) ? remote.Project : throw new StapesException(ErrorKind.NotFound, $"The project \"{remote.Project}\" doesn't exist on the server: use one of {string.Join(", ", projects)}");
        if (projects.Count == 0 || projects.Contains(Core.Library.Image.DefaultProject))
            return "";
        if (projects.Count == 1)
            return projects[0];
        Console.WriteLine("Available projects:");
        foreach (var project in projects)
            Console.WriteLine($" - {project}");
        return Question.Ask("Name of the project to use for this remote: ", accept: projects.Contains);
    }
}
