namespace Stapes.Hosting;

internal static class ProgramVersion
{
    /// <summary>The version of this program, such as 0.1.0.</summary>
    public static string Text { get; } = typeof(ProgramVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
