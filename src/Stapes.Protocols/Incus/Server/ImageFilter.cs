using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Filters of images.</summary>
internal static class ImageFilter
{
    /// <returns>Null where there is no filter.</returns>
    /// <exception cref="StapesException">Invalid: it cannot be understood.</exception>
    public static ListFilter<Image>? Parse(string? text) => ListFilter<Image>.Parse(text, ImageField.Compare);

    public static StapesException Invalid(string why) => new(ErrorKind.Invalid, $"Invalid filter: {why}");
}
