using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Incus.Client.Oidc;
using Stapes.Protocols.Shared.Client;
using Stapes.Protocols.Simplestreams.Client;

namespace Stapes.Remotes;

/// <summary>Turns the words of a command line into remotes, and opens them.</summary>
/// <param name="configuration">The remotes.</param>
/// <param name="localSocket">Where the server of this machine listens.</param>
/// <param name="project">What the command line says of the project; null for nothing.</param>
/// <param name="warn">Is told what the user should know; one line each.</param>
internal sealed class RemoteBook(ClientConfiguration configuration, string localSocket, string? project, Action<string> warn)
{
    /// <summary>One for each remote: a login is renewed once, however many connections need it.</summary>
    private readonly ConcurrentDictionary<string, OidcLogin> logins = new(StringComparer.Ordinal);

    public ClientConfiguration Configuration => configuration;

    public Action<string> Warn => warn;

    /// <summary>Is told what the user has to read to log in to a server, one line each; null when nobody would read it.</summary>
    public Action<string>? Prompt { get; init; }

    /// <summary>The remote that is meant when a word names none.</summary>
    /// <exception cref="StapesException">NotFound: it is gone.</exception>
    public RemotePlace Default => Of(configuration.DefaultRemote);

    /// <summary>Reads <c>[REMOTE:]NAME</c>. The first colon ends the remote, unless it is a directory of which that is a part.</summary>
    /// <exception cref="StapesException">NotFound: there is no such remote.</exception>
    public ImageWord Parse(string word)
    {
        if (IsPath(word))
            return ParsePath(word);
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        // What has an equals sign before the colon is a filter.
        return colon < 0 || word.AsSpan(0, colon).Contains('=') ? new(Default, word)
            : new(colon == 0 ? Default : Of(word[..colon]), word[(colon + 1)..]);
    }

    /// <summary>Reads a word that can only be a remote: <c>REMOTE:</c> or <c>REMOTE</c>, or a directory.</summary>
    public RemotePlace ParsePlace(string word)
    {
        if (word.EndsWith(':') || IsPath(word))
            return Parse(word.EndsWith(':') ? word : word + ":") is { Name: "" } only ? only.Place : throw new StapesException(ErrorKind.Invalid, $"\"{word}\" names an image: only a remote is wanted here, such as {word.Split(':')[0]}:");
        return Of(word);
    }

    /// <summary>Takes a remote, <c>REMOTE:</c>, from the front of words that have other meanings; what follows it in its word is the first of the others.</summary>
    public (RemotePlace Place, IReadOnlyList<string> Others) TakePlace(IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words[0].Contains('=', StringComparison.Ordinal) || !NamesPlace(words[0]))
            return (Default, words);
        var first = Parse(words[0]);
        return (first.Place, first.Name.Length == 0 ? [.. words.Skip(1)] : [first.Name, .. words.Skip(1)]);
    }

    /// <summary>Opens a place to list and fetch images. Nothing is sent yet.</summary>
    /// <exception cref="StapesException">Invalid or Forbidden: it cannot be reached as it is configured.</exception>
    public IRemote Open(RemotePlace place) => Open(place, isKeptEnough: false);

    /// <summary>Opens a place to list images as they were when it was last asked, if that is known.</summary>
    /// <exception cref="StapesException">Invalid or Forbidden: it cannot be reached as it is configured.</exception>
    public IRemote OpenQuickly(RemotePlace place) => Open(place, isKeptEnough: true);

    /// <summary>Opens a place for what only an Incus server can do.</summary>
    /// <param name="place">The place.</param>
    /// <param name="what">What is to be done, to follow «cannot».</param>
    /// <exception cref="StapesException">Invalid: it is none.</exception>
    public IncusClient OpenIncus(RemotePlace place, string what) => OpenIncus(place, what, place.Remote is { } remote ? ProjectOf(remote) : null);

    /// <summary>The same for a project of its own, whatever the command line says of the project.</summary>
    public IncusClient OpenIncus(RemotePlace place, string what, string? ofProject) => place switch
    {
        { Remote: { Protocol: ConfiguredRemote.Incus } remote } => new(IncusConnection.To(AccessTo(remote), ofProject)),
        { Directory: { } directory } => throw new StapesException(ErrorKind.Invalid, $"{directory} is a simplestreams tree, which `stapes image` cannot {what}: use `stapes tree -C {directory}`"),
        _ => throw new StapesException(ErrorKind.Invalid, $"The remote \"{place.Name}\" speaks {place.Remote!.Protocol}, which can only be read: it cannot {what}; name a remote that speaks incus"),
    };

    /// <summary>How a remote is reached, with what it pins and what we show it.</summary>
    public HttpAccess AccessTo(ConfiguredRemote remote)
    {
        var paths = configuration.Paths;
        var addresses = remote.Addresses.Select(AddressOf).ToList();
        if (addresses[0].Socket is not null)
            return new(addresses);
        var access = new HttpAccess(addresses) { PinnedCertificate = PinnedCertificate(remote.Name) };
        return remote is not { Protocol: ConfiguredRemote.Incus, Public: false } ? access
            : remote.AuthType == ConfiguredRemote.Oidc ? LoginTo(remote.Name).AddTo(access)
            : access with { ClientCertificate = ClientCertificate.Find(paths, remote.Name) };
    }

    /// <summary>The certificate that a remote must have, in PEM; empty when authorities vouch for it.</summary>
    public string PinnedPem(string remote) => PinnedCertificate(remote)?.ExportCertificatePem() ?? "";

    private OidcLogin LoginTo(string remote) =>
        logins.GetOrAdd(remote, name => new(name, new LoginFile(configuration.Paths, name), Prompt, TimeProvider.System));

    private IRemote Open(RemotePlace place, bool isKeptEnough) => place switch
    {
        { TreeDirectory: { } directory } => SimplestreamsRemote.OfDirectory(directory),
        _ => RemoteProtocols.Open(
            place.Remote!.Protocol, AccessTo(place.Remote),
            new(ProjectOf(place.Remote), Secret: null, ClientPaths.Cache, warn) { CredentialsHelper = place.Remote.CredentialsHelper, IsKeptEnough = isKeptEnough }),
    };

    private ServerAddress AddressOf(string address) =>
        !address.StartsWith("unix:", StringComparison.Ordinal) ? ServerAddress.Parse(Uri.TryCreate(address, UriKind.Absolute, out var url) ? url
            : throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(address)} is no URL: correct it with `stapes remote set-url`"))
        : ServerAddress.OfSocket(address["unix:".Length..] is var path && path.StartsWith("//", StringComparison.Ordinal) ? (path.Length > 2 ? path[2..] : localSocket) : path);

    private X509Certificate2? PinnedCertificate(string remote)
    {
        var path = configuration.Paths.ServerCertificate(remote);
        if (!File.Exists(path))
            return null;
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(path));
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"{path} is no certificate: remove the remote and add it again", e);
        }
    }

    private string? ProjectOf(ConfiguredRemote remote) => project ?? (remote.Project is { Length: > 0 } own and not "default" ? own : null);

    private RemotePlace Of(string name) => new(name, configuration.Get(name), Directory: null);

    private static bool NamesPlace(string word) => IsPath(word) || word.IndexOf(':', StringComparison.Ordinal) > 0;

    /// <summary>Whether a word names a directory, with or without an image in it.</summary>
    public static bool IsPath(string word) => word is ['/', ..] or "." or ".." || word.StartsWith("./", StringComparison.Ordinal) || word.StartsWith("../", StringComparison.Ordinal) || word.StartsWith("file://", StringComparison.Ordinal);

    private static ImageWord ParsePath(string word)
    {
        var path = word.StartsWith("file://", StringComparison.Ordinal) ? word["file://".Length..] : word;
        // A directory may have a colon in its name.
        for (var colon = path.IndexOf(':', StringComparison.Ordinal); colon >= 0; colon = path.IndexOf(':', colon + 1))
        {
            if (Directory.Exists(path[..colon]))
                return Place(path[..colon], path[(colon + 1)..]);
        }

        return path.IndexOf(':', StringComparison.Ordinal) is >= 0 and var first ? Place(path[..first], path[(first + 1)..]) : Place(path, "");

        static ImageWord Place(string directory, string name) => new(new(directory, null, directory), name);
    }
}
