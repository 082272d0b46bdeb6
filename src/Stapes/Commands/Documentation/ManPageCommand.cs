using System.CommandLine;

namespace Stapes.Commands.Documentation;

/// <summary><c>man-page</c>: prints the manual page, made of the descriptions that the help shows. For packagers.</summary>
internal static class ManPageCommand
{
    public static Command Create()
    {
        var command = new Command("man-page", "Print the manual page, in the format of man(7)") { Hidden = true };
        command.SetAction(_ => ManPage.Write(Console.Out, CommandLine.CreateRoot()));
        return command;
    }
}
