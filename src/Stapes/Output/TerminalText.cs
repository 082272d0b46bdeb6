using System.Globalization;
using System.Text;
using Stapes.Core;

namespace Stapes.Output;

/// <summary>Text for people, which may come from anybody: what a terminal would act upon is spelled out.</summary>
internal static class TerminalText
{
    /// <summary>The text with <c>\u001b</c> for an escape character and so on. Line feeds and tabs stay.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsSpelled))
            return text;
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (IsSpelled(c))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }

        return shown.ToString();
    }

    private static bool IsSpelled(char c) => c is not ('\n' or '\t') && OneLine.IsSteering(c);
}
