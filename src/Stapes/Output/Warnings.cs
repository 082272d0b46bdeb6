using Stapes.Core;

namespace Stapes.Output;

internal static class Warnings
{
    /// <summary>One line each.</summary>
    public static void WriteTo(this IEnumerable<string> warnings, TextWriter writer)
    {
        foreach (var warning in warnings)
            writer.WriteLine($"Warning: {OneLine.Of(warning)}");
    }
}
