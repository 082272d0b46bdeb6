using System.Buffers;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Which names Incus gives to aliases.</summary>
internal static class AliasName
{
    private const int Longest = 64;

    private static readonly SearchValues<char> Reserved = SearchValues.Create("$?&+\"'`*");

    /// <exception cref="StapesException">Invalid: one of them has no such name.</exception>
    public static IReadOnlyList<ImageAlias> Checked(IEnumerable<ImageAlias>? aliases)
    {
        IReadOnlyList<ImageAlias> list = [.. aliases ?? []];
        foreach (var alias in list)
            Check(alias.Name);
        return list;
    }

    /// <exception cref="StapesException">Invalid.</exception>
    public static void Check(string name)
    {
        var fault = name switch
        {
            "" => "it is empty",
            { Length: > Longest } => $"it is longer than {Longest} characters",
            _ when name.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)) => "it contains white space or control characters",
            _ when name.AsSpan().IndexOfAny(Reserved) is var at and >= 0 => $"it contains the reserved character {name[at]}",
            _ when !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]) => "it does not begin and end with a letter or digit",
            _ => null,
        };
        if (fault is not null)
            throw new StapesException(ErrorKind.Invalid, $"Invalid image alias name \"{name}\": {fault}");
    }
}
