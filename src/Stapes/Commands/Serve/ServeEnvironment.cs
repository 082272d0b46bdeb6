using System.Collections;
using System.Text.RegularExpressions;
using Stapes.Core;
using Stapes.Core.Remotes;

namespace Stapes.Commands.Serve;

/// <summary>The settings that environment variables give.</summary>
internal static partial class ServeEnvironment
{
    private const string Prefix = "STAPES_";

    /// <param name="variables">All variables of the process.</param>
    /// <returns>Those of settings, by name.</returns>
    /// <exception cref="StapesException">Invalid: one looks like a setting, but is none.</exception>
    public static IReadOnlyDictionary<string, string> Read(IDictionary variables)
    {
        var names = ServeOptions.All.Select(static o => o.Variable).ToList();
        var settings = new Dictionary<string, string>();
        foreach (DictionaryEntry variable in variables)
        {
            var (name, value) = ((string)variable.Key, (string?)variable.Value ?? "");
            if (names.Contains(name))
                settings[name] = value;
            else if (name.StartsWith(Prefix, StringComparison.Ordinal) && name != Remotes.ClientPaths.Variable && !ServiceLink().IsMatch(name))
                throw new StapesException(ErrorKind.Invalid, $"There is no setting {name}; {Hint(name, names)}");
        }

        return settings;
    }

    private static string Hint(string name, List<string> names) =>
        RemoteImages.Nearest(name[Prefix.Length..], names.Select(static n => n[Prefix.Length..])) is { } near ? $"did you mean {Prefix}{near}?" : "`stapes serve --help` shows them all";

    // What Kubernetes and Docker tell every container of a service that is called "stapes", or begins so.
    [GeneratedRegex("_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServiceLink();
}
