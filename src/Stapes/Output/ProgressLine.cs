using System.Globalization;
using System.Text;
using Stapes.Core;

namespace Stapes.Output;

/// <summary>What one line of progress tells: whose it is, how far it is, how fast, and how long it will still take.</summary>
/// <param name="Verb">What is being done.</param>
/// <param name="Name">With what, as the user calls it; may be empty.</param>
/// <param name="Part">Which of its files; may be empty.</param>
/// <param name="Size">Bytes in all; null when nobody knows.</param>
internal sealed record ProgressLine(string Verb, string Name, string Part, long? Size)
{
    private const int NarrowestBar = 6;
    private const int WidestBar = 30;

    /// <summary>What a server says in place of bytes; null where bytes are counted.</summary>
    public string? Said { get; set; }

    /// <summary>The line for a terminal: as much of it as there is room for, never more. Names of files go last, those of images before.</summary>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="done">Bytes so far.</param>
    /// <param name="speed">Bytes a second; null when that cannot be told yet.</param>
    /// <param name="left">Time to go; null when that cannot be told.</param>
    /// <param name="bar">What a bar is made of.</param>
    public string Format(int width, long done, double? speed, TimeSpan? left, char bar)
    {
        if (Said is { } said)
            return Cut(Shown($"{Joined(Verb, Name, Part)}: {said}"), width);

        var labelWidth = Math.Clamp(width * 3 / 8, Math.Min(10, width), 36);
        var room = width - labelWidth;
        var rate = speed is { } bytes ? $"{DecimalSize.Of((long)bytes)}/s" : "";
        var figures = new StringBuilder();
        if (Size is not { } size)
        {
            Take($" {DecimalSize.Of(done),9}");
            Take($" {rate,10}");
            return Pad(Label(labelWidth), labelWidth) + figures;
        }

        done = Math.Clamp(done, 0, size);
        Take($" {(size == 0 ? 100 : done * 100 / size),3}%");
        // In the order of what is wanted most; they stand in another.
        var leftText = $" {(left is { } time ? Time(time) : ""),7}";
        var hasLeft = Fits(leftText);
        var rateText = $" {rate,10}";
        var hasRate = Fits(rateText);
        Take($" {$"{DecimalSize.Of(done)}/{DecimalSize.Of(size)}",17}");
        if (hasRate)
            figures.Append(rateText);
        if (hasLeft)
            figures.Append(leftText);
        var line = Pad(Label(labelWidth), labelWidth);
        return room > NarrowestBar ? $"{line} {Bar(Math.Min(WidestBar, room - 1), done, size, bar)}{figures}" : line + figures;

        bool Fits(string text)
        {
            if (text.Length > room)
                return false;
            room -= text.Length;
            return true;
        }

        void Take(string text)
        {
            if (Fits(text))
                figures.Append(text);
        }
    }

    private static string Bar(int width, long done, long size, char bar) =>
        new string(bar, size == 0 ? width : (int)(done * width / size)).PadRight(width);

    private static string Time(TimeSpan time) => time.TotalHours >= 100 ? "" : time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}")
        : string.Create(CultureInfo.InvariantCulture, $"{time:mm\\:ss}");

    private string Label(int width)
    {
        var (name, part) = (Shown(Name), Shown(Part));
        if (Joined(Verb, name, part) is var all && DisplayWidth.Of(all) <= width)
            return all;
        if (name.Length == 0)
            return Cut(Joined(Verb, part), width);
        if (part.Length == 0)
            return Cut(name, width);
        var room = width - DisplayWidth.Of(part) - 1;
        return room < 3 ? Cut(part, width) : $"{Cut(name, room)} {part}";
    }

    private static string Joined(params ReadOnlySpan<string> words)
    {
        var text = new StringBuilder();
        foreach (var word in words)
            text.Append(text.Length > 0 && word.Length > 0 ? " " : "").Append(word);
        return text.ToString();
    }

    /// <summary>Names come from servers: none may lead the terminal.</summary>
    private static string Shown(string text) => string.Concat(text.Select(static c => OneLine.IsSteering(c) ? ' ' : c));

    private static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - DisplayWidth.Of(text)));

    private static string Cut(string text, int width)
    {
        if (DisplayWidth.Of(text) <= width)
            return text;
        var kept = new StringBuilder();
        var room = width - 1;
        foreach (var rune in text.EnumerateRunes())
        {
            room -= DisplayWidth.Of(rune.ToString());
            if (room < 0)
                break;
            kept.Append(rune.ToString());
        }

        return kept.Append('…').ToString();
    }
}
