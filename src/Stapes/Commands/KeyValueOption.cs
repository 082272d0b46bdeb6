using System.CommandLine;

namespace Stapes.Commands;

/// <summary>Options that take KEY=VALUE and may be given several times.</summary>
internal static class KeyValueOption
{
    public static Option<KeyValuePair<string, string>[]> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "KEY=VALUE",
        CustomParser = result =>
        {
            var pairs = new List<KeyValuePair<string, string>>();
            foreach (var token in result.Tokens)
            {
                var equals = token.Value.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                    result.AddError($"{name} takes KEY=VALUE, not \"{token.Value}\"");
                else
                    pairs.Add(new(token.Value[..equals], token.Value[(equals + 1)..]));
            }

            return [.. pairs.GroupBy(static p => p.Key).Select(static g => g.Last())];
        },
    };
}
