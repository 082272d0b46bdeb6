using Stapes.Core;

namespace Stapes.Output;

/// <summary>The value of <c>--format</c>: how a list is printed, and whether it has a line of headers.</summary>
internal sealed record ListFormat(ListKind Kind)
{
    public static readonly ListFormat Table = new(ListKind.Table);

    /// <summary>No headers in tables (<c>,noheader</c>); a CSV header becomes an empty line.</summary>
    public bool NoHeader { get; init; }

    /// <summary>A line of headers in CSV too (<c>,header</c>); the other kinds have theirs anyway.</summary>
    public bool Header { get; init; }

    /// <summary>Values as they are stored (<c>,raw</c>), for the commands that otherwise show them for people.</summary>
    public bool Raw { get; init; }

    /// <summary>As it is written, for help that names it.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}{(NoHeader ? ",noheader" : "")}{(Header ? ",header" : "")}{(Raw ? ",raw" : "")}";

    /// <summary>
    /// Reads <c>KIND[,MODIFIER…]</c>, case-sensitive. Modifiers are <c>noheader</c>, <c>header</c>, <c>raw</c> and nothing;
    /// they are checked before the kind, and every kind takes all of them.
    /// </summary>
    /// <exception cref="StapesException"><see cref="ErrorKind.Invalid"/>, with the words of the Incus tools.</exception>
    public static ListFormat Parse(string value)
    {
        var parts = value.Split(',');
        var format = new ListFormat(default(ListKind));
        foreach (var modifier in parts[1..])
        {
            format = modifier switch
            {
                "noheader" => format with { NoHeader = true },
                "header" => format with { Header = true },
                "raw" => format with { Raw = true },
                "" => format,
                _ => throw Invalid($"Invalid modifier {GoQuoted.Of(modifier)} on flag \"--format\" ({GoQuoted.Of(value)})"),
            };
        }

        return format with
        {
            Kind = parts[0] switch
            {
                "table" => ListKind.Table,
                "compact" => ListKind.Compact,
                "csv" => ListKind.Csv,
                "json" => ListKind.Json,
                "yaml" => ListKind.Yaml,
                "markdown" => ListKind.Markdown,
                _ => throw Invalid($"Invalid value {GoQuoted.Of(parts[0])} for flag \"--format\""),
            },
        };
    }

    private static StapesException Invalid(string message) => new(ErrorKind.Invalid, message);
}

internal enum ListKind
{
    Table,
    Compact,
    Csv,
    Json,
    Yaml,
    Markdown,
}
