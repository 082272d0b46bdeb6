using System.Text.RegularExpressions;

namespace Stapes.Output.Yaml;

/// <summary>
/// Which plain scalars a reader takes for something else than text: YAML 1.2's core schema together with what Go's reader keeps of
/// YAML 1.1 (timestamps, underscores in numbers).
/// </summary>
internal static partial class YamlTypes
{
    public static bool IsNotText(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => true,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => true,
        ".nan" or ".NaN" or ".NAN" => true,
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" => true,
        [(>= '0' and <= '9') or '+' or '-' or '.', ..] => YamlNumber.Matches(text) || YamlTimestamp.Matches(text),
        _ => false,
    };

    /// <summary>Text in YAML 1.2 that is not in YAML 1.1: its booleans, its base-60 numbers, and the key that merges maps.</summary>
    public static bool WasNotText(string text) => text switch
    {
        "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => true,
        "<<" => true,
        [(>= '0' and <= '9') or '+' or '-', ..] => Sexagesimal().IsMatch(text),
        _ => false,
    };

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sexagesimal();
}
