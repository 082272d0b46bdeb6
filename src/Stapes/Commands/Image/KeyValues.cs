using Stapes.Core;

namespace Stapes.Commands.Image;

/// <summary>Words of the form KEY=VALUE. The value <c>-</c> is what comes from standard input, if that is no terminal.</summary>
internal static class KeyValues
{
    public static bool IsPair(string word) => word.IndexOf('=', StringComparison.Ordinal) > 0;

    /// <exception cref="StapesException">Invalid.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(IEnumerable<string> words, CancellationToken cancellation)
    {
        var values = new Dictionary<string, string>();
        var hasRead = false;
        foreach (var word in words)
        {
            if (!IsPair(word))
                throw new StapesException(ErrorKind.Invalid, $"\"{word}\" is no KEY=VALUE");
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var value = word[(equals + 1)..];
            if (value == "-" && Console.IsInputRedirected)
            {
                if (hasRead)
                    throw new StapesException(ErrorKind.Invalid, "Cannot read the stdin twice: give only one value as \"-\"");
                hasRead = true;
                value = await Console.In.ReadToEndAsync(cancellation);
            }

            values[word[..equals]] = value;
        }

        return values;
    }
}
