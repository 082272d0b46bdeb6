using System.CommandLine;

namespace Stapes.Commands.Documentation;

/// <summary>Writes a command and all below it as a page of man(7).</summary>
internal static class ManPage
{
    public static void Write(TextWriter writer, RootCommand root)
    {
        writer.WriteLine(".TH STAPES 1 \"\" \"Stapes\" \"User Commands\"");
        writer.WriteLine(".SH NAME");
        writer.WriteLine($"stapes \\- {Escape(FirstLine(root.Description))}");
        writer.WriteLine(".SH SYNOPSIS");
        writer.WriteLine(".B stapes\n.I COMMAND\n[\\fIOPTIONS\\fR]");
        foreach (var command in Visible(root))
            WriteCommand(writer, command, "stapes");
        writer.WriteLine(".SH EXIT STATUS");
        writer.WriteLine("0 on success, 1 when something failed (one line on standard error says what), 2 for wrong usage.");
        writer.WriteLine(".SH SEE ALSO");
        writer.WriteLine(".BR incus (1)");
    }

    private static void WriteCommand(TextWriter writer, Command command, string parent)
    {
        var path = $"{parent} {command.Name}";
        writer.WriteLine($".SH {Escape(path).ToUpperInvariant()}");
        WriteText(writer, command.Description);
        // The second name of the tree commands repeats all of them.
        if (command is { Name: Tree.IncusSimplestreamsCommand.Name })
        {
            writer.WriteLine(".PP\nTakes the commands of \\fBstapes tree\\fR.");
            return;
        }

        if (command.Arguments.Count > 0 || command.Subcommands.Count == 0)
            writer.WriteLine($".PP\n.B {Escape(path)}\n{string.Join(' ', command.Arguments.Select(Argument))}");
        if (command.Aliases.Count > 0)
            writer.WriteLine($".PP\nAlso: {string.Join(", ", command.Aliases.Order(StringComparer.Ordinal).Select(Escape))}");
        foreach (var argument in command.Arguments)
            WriteTerm(writer, $"\\fI{Escape(argument.Name)}\\fR", argument.Description);
        foreach (var option in command.Options.Where(static o => !o.Hidden && o.Name is not "--help" and not "--version"))
        {
            var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(static n => n.Length).Select(n => $"\\fB{Escape(n)}\\fR"));
            WriteTerm(writer, option.HelpName is { } value ? $"{names} \\fI{Escape(value)}\\fR" : names, option.Description);
        }

        foreach (var child in Visible(command))
            WriteCommand(writer, child, path);
    }

    private static IEnumerable<Command> Visible(Command command) => command.Subcommands.Where(static c => !c.Hidden);

    private static string Argument(Argument argument)
    {
        var name = $"\\fI{Escape(argument.Name)}\\fR{(argument.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static void WriteTerm(TextWriter writer, string term, string? description)
    {
        writer.WriteLine(".TP");
        writer.WriteLine(term);
        WriteText(writer, description);
    }

    private static void WriteText(TextWriter writer, string? text)
    {
        foreach (var line in (text ?? "").Split('\n'))
            writer.WriteLine(line.Length == 0 ? ".PP" : Escape(line));
    }

    private static string FirstLine(string? text) => (text ?? "").Split('\n')[0];

    private static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? $"\\&{escaped}" : escaped;
    }
}
