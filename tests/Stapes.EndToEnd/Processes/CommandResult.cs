namespace Stapes.EndToEnd.Processes;

internal sealed record CommandResult(Command Command, int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"{Command}\nexit status {ExitCode}\n{Output}\n{Errors}";
}
