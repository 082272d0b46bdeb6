using System.Runtime.InteropServices;
using Machine = Stapes.Core.Images.Architecture;

namespace Stapes.Protocols.Shared.Client;

/// <summary>What we call ourselves, in the form of the Incus client: a server chooses the image of an alias by the architecture in it.</summary>
internal static class UserAgent
{
    public static string Text { get; } =
        $"Stapes {typeof(UserAgent).Assembly.GetName().Version?.ToString(3)} (Linux; {Machine.Local}; {Environment.OSVersion.Version.ToString(2)}; {Printable(RuntimeInformation.OSDescription)})";

    // What stands in parentheses may not hold any (RFC 9110, section 5.6.5).
    private static string Printable(string text) => string.Concat(text.Select(static c => char.IsAsciiLetterOrDigit(c) || " ./-_".Contains(c, StringComparison.Ordinal) ? c : '_'));
}
