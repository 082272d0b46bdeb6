using System.CommandLine;
using Stapes.Core;
using Stapes.Hosting;

namespace Stapes.Commands.Serve;

/// <summary>Gathers the settings: the command line before the environment, that before stapes.yaml, that before the defaults.</summary>
internal static class ServeConfiguration
{
    /// <param name="result">The command line.</param>
    /// <param name="environment">The variables of settings that are set, by name.</param>
    /// <exception cref="StapesException">Invalid: a wrong key or value; the message says where it stands.</exception>
    public static ServerSettings Read(ParseResult result, IReadOnlyDictionary<string, string> environment)
    {
        var file = ReadFile(result, environment);
        var builder = new ServeSettingsBuilder();
        foreach (var option in ServeOptions.All)
        {
            if (Find(option, result, environment, file) is not { } given)
                continue;
            try
            {
                option.Apply(builder, given.Values);
            }
            catch (FormatException e)
            {
                throw new StapesException(ErrorKind.Invalid, $"{given.Place}: {e.Message}", e);
            }
        }

        try
        {
            return builder.Build();
        }
        catch (FormatException e)
        {
            throw new StapesException(ErrorKind.Invalid, e.Message, e);
        }
    }

    private static ConfiguredValue? Find(
        ServeOption option, ParseResult result, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, ConfiguredValue> file) =>
        option.ValuesIn(result) is { } given ? new(given, "--" + option.Name)
        : option.ValuesOf(environment.GetValueOrDefault(option.Variable)) is { } set ? new(set, option.Variable)
        : file.GetValueOrDefault(option.Name);

    /// <summary>The default file may be missing; one that was asked for may not.</summary>
    private static IReadOnlyDictionary<string, ConfiguredValue> ReadFile(ParseResult result, IReadOnlyDictionary<string, string> environment)
    {
        var option = ServeOptions.All.Single(o => o.Name == ServeOptions.ConfigurationFile);
        var asked = Find(option, result, environment, new Dictionary<string, ConfiguredValue>());
        var path = asked?.Values[0] ?? ServePaths.DefaultConfiguration;
        if (asked is null && !File.Exists(path))
            return new Dictionary<string, ConfiguredValue>();
        try
        {
            return ConfigurationFile.Read(path, ServeOptions.All);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StapesException(ErrorKind.Invalid, $"Could not read the configuration {path}: {e.Message}", e);
        }
    }
}
