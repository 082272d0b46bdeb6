using System.Text.Json;
using System.Text.RegularExpressions;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary>
/// The filters of <c>image list</c>, all of which an image has to pass: <c>KEY=VALUE</c> for a field or a property, where the server
/// looks, and anything else for a part of the fingerprint or of an alias.
/// </summary>
internal sealed class ImageFilter(IReadOnlyList<string> filters)
{
    private static readonly HashSet<string> Fields = [.. IncusJsonContext.Default.ImageRecord.Properties.Select(static p => p.Name)];

    /// <summary>What the server is asked, in the API's filter language.</summary>
    public string OfServer { get; } = string.Join(" and ", filters.Where(IsPair).Select(Clause));

    /// <summary>What is left to do once the server has filtered.</summary>
    public ImageFilter Rest => new([.. filters.Where(static f => !IsPair(f))]);

    /// <param name="image">The image.</param>
    /// <param name="raw">The image as the server wrote it.</param>
    public bool Matches(ImageRecord image, Func<JsonElement> raw) => filters.All(f => IsPair(f) ? MatchesPair(f, image, raw) : MatchesName(f, image));

    private static bool MatchesName(string filter, ImageRecord image) =>
        image.Fingerprint.Contains(filter, StringComparison.Ordinal)
        || (image.Aliases ?? []).Any(a => a.Name.Contains(filter, StringComparison.Ordinal));

    private static bool MatchesPair(string filter, ImageRecord image, Func<JsonElement> raw)
    {
        var (key, value) = Split(filter);
        return image.Properties.Any(p => IsAbbreviation(key, p.Key) && MatchesValue(value, p.Value))
            || (raw().TryGetProperty(key, out var field) && field.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object) && field.ToString() == value);
    }

    /// <summary>Each part between dots may be shortened.</summary>
    private static bool IsAbbreviation(string key, string property)
    {
        var (parts, full) = (key.Split('.'), property.Split('.'));
        return parts.Length == full.Length && parts.Zip(full).All(static p => p.Second.StartsWith(p.First, StringComparison.Ordinal));
    }

    private static bool MatchesValue(string pattern, string value)
    {
        try
        {
            var anchored = pattern.AsSpan().ContainsAny('^', '$') ? pattern : $"^{pattern}$";
            return Regex.IsMatch(value, anchored, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return value == pattern;
        }
    }

    private static string Clause(string filter)
    {
        var (key, value) = Split(filter);
        return $"{(Fields.Contains(key.Split('.')[0]) ? "" : "properties.")}{key} eq {value}";
    }

    private static bool IsPair(string filter) => filter.Contains('=', StringComparison.Ordinal);

    private static (string Key, string Value) Split(string filter)
    {
        var equals = filter.IndexOf('=', StringComparison.Ordinal);
        return (filter[..equals], filter[(equals + 1)..]);
    }
}
