using System.ComponentModel;
using System.Diagnostics;
using Stapes.Core;

namespace Stapes.Commands.Image;

/// <summary>A directory as a unified image: metadata.yaml, rootfs and templates in a temporary tarball, which is deleted with this.</summary>
internal sealed class PackedDirectory : IDisposable
{
    private PackedDirectory(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="StapesException">Forbidden: not root, who alone can read and keep every owner. Invalid: tar failed.</exception>
    public static async Task<PackedDirectory> PackAsync(string directory, CancellationToken cancellation)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new StapesException(ErrorKind.Forbidden, $"Must run as root to import from directory {directory}: only root can read all of its files and keep their owners");
        var packed = new PackedDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"stapes_image_{Guid.NewGuid():N}.tar.xz"));
        try
        {
            await using (new FileStream(packed.Path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                // Nobody else may read it while it is written.
            }

            string[] members = Directory.Exists(System.IO.Path.Combine(directory, "templates")) ? ["rootfs", "templates", "metadata.yaml"] : ["rootfs", "metadata.yaml"];
            await RunTarAsync(["-C", directory, "--numeric-owner", "--force-local", "--xattrs", "-cJf", packed.Path, .. members], directory, cancellation);
            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Delete(Path);

    private static async Task RunTarAsync(IEnumerable<string> arguments, string directory, CancellationToken cancellation)
    {
        try
        {
            using var tar = Process.Start(new ProcessStartInfo("tar", arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            try
            {
                var errors = await tar.StandardError.ReadToEndAsync(cancellation);
                await tar.WaitForExitAsync(cancellation);
                if (tar.ExitCode != 0)
                    throw new StapesException(ErrorKind.Invalid, $"Could not pack {directory}: {errors.Trim().ReplaceLineEndings("; ")}");
            }
            catch (OperationCanceledException)
            {
                tar.Kill();
                throw;
            }
        }
        catch (Win32Exception e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"Could not run tar to pack {directory}: {e.Message}; install it, or give a tarball", e);
        }
    }
}
