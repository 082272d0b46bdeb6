using System.ComponentModel;
using System.Diagnostics;
using Stapes.Core;

namespace Stapes.Commands.Image;

/// <summary>A text in the user's editor, which may be opened again with what the user made of it.</summary>
internal sealed class TextEditor : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"stapes_{Guid.NewGuid():N}.yaml");

    public TextEditor(string text)
    {
        using var file = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(text);
    }

    /// <summary>Waits until the editor ends.</summary>
    /// <exception cref="StapesException">Unavailable: there is no editor, or it failed.</exception>
    public async Task<string> EditAsync(CancellationToken cancellation)
    {
        var words = Command().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using var editor = Process.Start(new ProcessStartInfo(words[0], [.. words[1..], path]) { UseShellExecute = false })!;
            await editor.WaitForExitAsync(cancellation);
            if (editor.ExitCode != 0)
                throw new StapesException(ErrorKind.Unavailable, $"The editor {words[0]} ended with status {editor.ExitCode}; nothing was changed");
        }
        catch (Win32Exception e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"Could not start the editor {words[0]}: {e.Message}; set EDITOR to another one", e);
        }

        return await File.ReadAllTextAsync(path, cancellation);
    }

    public void Dispose() => File.Delete(path);

    private static string Command() =>
        Set("VISUAL") ?? Set("EDITOR") ?? ((string[])["editor", "vi", "emacs", "nano"]).FirstOrDefault(IsInstalled)
        ?? throw new StapesException(ErrorKind.Unavailable, "No text editor found, please set the EDITOR environment variable");

    private static string? Set(string variable) => Environment.GetEnvironmentVariable(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));
}
