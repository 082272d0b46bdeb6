using System.CommandLine;
using System.CommandLine.Parsing;

namespace Stapes.Commands.Serve;

/// <summary>One setting of the server, wherever it is given: on the command line, in the environment or in stapes.yaml.</summary>
/// <param name="Name">The option without its dashes; the key in stapes.yaml.</param>
/// <param name="ValueName">What stands for the value in the help; null for a switch, whose value is true or false elsewhere.</param>
/// <param name="Default">What holds where nothing is given, for the help.</param>
/// <param name="Help">What it does, in a line.</param>
/// <param name="Apply">Puts the values into the settings; throws FormatException, which says what a value should look like.</param>
internal sealed record ServeOption(string Name, string? ValueName, string Default, string Help, Action<ServeSettingsBuilder, IReadOnlyList<string>> Apply)
{
    /// <summary>May be given several times; in the environment its values are separated by commas, in stapes.yaml they are a list.</summary>
    public bool IsList { get; init; }

    /// <summary>Where stapes.yaml lies cannot be said in stapes.yaml.</summary>
    public bool IsInFile { get; init; } = true;

    public string Variable { get; } = "STAPES_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>The option of the command line; it holds texts, which are parsed together with those from elsewhere.</summary>
    public Option ToOption()
    {
        var places = IsInFile ? $"{Variable}, {Name}:" : Variable;
        var description = $"{Help} [{(IsList ? "several; " : "")}default: {Default}] ({places})";
        return ValueName is null ? new Option<bool>("--" + Name) { Description = description }
            : IsList ? new Option<string[]>("--" + Name) { Description = description, HelpName = ValueName, Arity = ArgumentArity.OneOrMore }
            : new Option<string>("--" + Name) { Description = description, HelpName = ValueName };
    }

    /// <summary>What the command line gives; null when it does not.</summary>
    public IReadOnlyList<string>? ValuesIn(ParseResult result) =>
        result.GetResult("--" + Name) is not OptionResult { Implicit: false } option ? null
        : ValueName is not null ? [.. option.Tokens.Select(t => t.Value)]
        : [option.GetValueOrDefault<bool>() ? "true" : "false"];

    /// <summary>What an environment variable's value stands for; null when it is not set, or empty.</summary>
    public IReadOnlyList<string>? ValuesOf(string? variable)
    {
        if (string.IsNullOrWhiteSpace(variable))
            return null;
        return IsList ? variable.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [variable];
    }
}
