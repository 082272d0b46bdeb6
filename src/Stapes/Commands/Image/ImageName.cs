namespace Stapes.Commands.Image;

/// <summary>An image or alias as it stands on the command line: <c>[REMOTE:]NAME</c>. The first colon ends the remote.</summary>
internal readonly record struct ImageName(string Remote, string Name)
{
    /// <summary>The server on this machine, and what is meant when no remote is named.</summary>
    public const string Local = "local";

    public static ImageName Parse(string text) => text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon
        // Nothing in the place of the name is the alias "default", as in Incus.
        ? new(colon == 0 ? Local : text[..colon], colon + 1 == text.Length ? "default" : text[(colon + 1)..])
        : new(Local, text.Length == 0 ? "default" : text);

    /// <summary>Takes a word that only names a remote (<c>REMOTE:</c>) from the front of words that have other meanings.</summary>
    public static (string Remote, IReadOnlyList<string> Others) TakeRemote(IReadOnlyList<string> words) =>
        words is [[.. var remote, ':'], ..] && !remote.Contains('=', StringComparison.Ordinal) ? (remote, [.. words.Skip(1)]) : (Local, words);
}
