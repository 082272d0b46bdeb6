using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>One comparison of a field of an image with a value.</summary>
internal static class ImageField
{
    private const string PropertyPrefix = "properties.";

    /// <exception cref="Core.StapesException">Invalid: there is no such field, or the value does not fit it.</exception>
    public static Func<Image, bool> Compare(string field, bool equal, string value) => field switch
    {
        _ when field.StartsWith(PropertyPrefix, StringComparison.Ordinal) => Text(Property(field[PropertyPrefix.Length..]), equal, value),
        "architecture" => Text<Image>(static i => i.Architecture.Name, equal, value),
        "filename" => Text<Image>(static i => i.FileName, equal, value),
        "fingerprint" => Text<Image>(static i => i.Fingerprint.Hex, equal, value),
        "project" => Text<Image>(static i => i.Project, equal, value),
        "type" => Text<Image>(static i => i.Type.ToName(), equal, value),
        "update_source.alias" => Text<Image>(static i => i.UpdateSource?.Alias ?? "", equal, value),
        "update_source.protocol" => Text<Image>(static i => i.UpdateSource?.Protocol ?? "", equal, value),
        "update_source.server" => Text<Image>(static i => i.UpdateSource?.Server ?? "", equal, value),
        "auto_update" => Flag(static i => i.AutoUpdate, equal, value),
        "cached" => Flag(static i => i.Cached, equal, value),
        "public" => Flag(static i => i.Public, equal, value),
        "size" => Size(equal, value),
        "profiles" => Profiles(equal, value),
        _ => throw ImageFilter.Invalid($"images cannot be filtered by \"{field}\""),
    };

    /// <summary>A property by its name, or by a beginning of each of the name's parts between dots; empty where there is none.</summary>
    private static Func<Image, string> Property(string name) => image =>
        image.Properties.TryGetValue(name, out var exact)
            ? exact
            : image.Properties.FirstOrDefault(p => StartsWithParts(p.Key, name)).Value ?? "";

    private static bool StartsWithParts(string full, string shortened)
    {
        var parts = full.Split('.');
        var starts = shortened.Split('.');
        return parts.Length == starts.Length && parts.Zip(starts).All(static p => p.First.StartsWith(p.Second, StringComparison.Ordinal));
    }

    /// <summary>A comparison of a text: with a list, with a regular expression, or as it is; case does not matter.</summary>
    public static Func<T, bool> Text<T>(Func<T, string> field, bool equal, string value)
    {
        if (value.Contains(','))
        {
            // Of a list, «eq» wants one that is equal, and «ne» one that is not.
            var values = value.Split(',');
            return item => values.Any(v => v.Equals(field(item), StringComparison.OrdinalIgnoreCase) == equal);
        }

        if (Regex.Escape(value) != value && TryRegex(value) is { } regex)
            return item => regex.IsMatch(field(item)) == equal;
        return item => value.Equals(field(item), StringComparison.OrdinalIgnoreCase) == equal;
    }

    /// <summary>A regular expression over the whole text unless it has anchors of its own. Strangers write them: linear time only.</summary>
    private static Regex? TryRegex(string value)
    {
        try
        {
            var pattern = value.Contains('^') || value.Contains('$') ? value : $"^{value}$";
            return new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static Func<Image, bool> Flag(Func<Image, bool> field, bool equal, string value)
    {
        bool wanted = value switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => throw ImageFilter.Invalid($"\"{value}\" is neither true nor false"),
        };
        return image => (field(image) == wanted) == equal;
    }

    private static Func<Image, bool> Size(bool equal, string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size)
            ? image => (image.Size == size) == equal
            : throw ImageFilter.Invalid($"\"{value}\" is no size in bytes");

    private static Func<Image, bool> Profiles(bool equal, string value)
    {
        try
        {
            var profiles = JsonSerializer.Deserialize(value, IncusJsonContext.Default.IReadOnlyListString) ?? [];
            return image => image.Profiles.SequenceEqual(profiles) == equal;
        }
        catch (JsonException)
        {
            throw ImageFilter.Invalid($"\"{value}\" is no JSON list of profiles");
        }
    }
}
