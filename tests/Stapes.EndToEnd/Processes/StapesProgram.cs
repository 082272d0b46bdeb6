namespace Stapes.EndToEnd.Processes;

/// <summary>The published program, as users run it.</summary>
internal static class StapesProgram
{
    public static string Path { get; } = Environment.GetEnvironmentVariable("TEST_STAPES")
        ?? throw new InvalidOperationException("TEST_STAPES names no program to test: run the tests with ./test, which builds it.");

    public static Command Run(string directory, params IReadOnlyList<string> arguments) => new(Path, arguments) { Directory = directory };
}
