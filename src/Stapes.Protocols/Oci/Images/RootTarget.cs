using System.ComponentModel;
using System.Diagnostics;
using System.IO.Compression;
using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// Takes the tarball of a root file system and makes what Incus unpacks of it: a squashfs, by sqfstar of squashfs-tools; where that is
/// missing, the tarball itself, compressed. With the same version of sqfstar the same tarball gives the same bytes.
/// </summary>
internal sealed class RootTarget : IAsyncDisposable
{
    private readonly Process? sqfstar;
    private readonly Task<string>? errors;
    private readonly Stream? tarball;
    private bool ended;

    private RootTarget(Process sqfstar)
    {
        this.sqfstar = sqfstar;
        errors = sqfstar.StandardError.ReadToEndAsync();
        Content = new BufferedStream(sqfstar.StandardInput.BaseStream, 1 << 17);
    }

    private RootTarget(Stream file)
    {
        tarball = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true);
        Content = new BufferedStream(tarball, 1 << 17);
    }

    /// <summary>Takes the tarball.</summary>
    public Stream Content { get; }

    /// <summary>The usual end of the file's name.</summary>
    public string Extension => sqfstar is null ? ".tar.gz" : ".squashfs";

    /// <param name="file">What to write.</param>
    /// <param name="root">The attributes of the root directory.</param>
    /// <param name="newest">When the newest of its files was changed, or the image made, in seconds since 1970.</param>
    /// <param name="program">The name or path of sqfstar.</param>
    public static RootTarget Open(StagedFile file, RootInode root, uint newest, string program)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Zstandard unpacks the fastest, and every Incus can read it; sqfstar 4.5 knows no way to set a level. The memory is for blocks under way.
        foreach (var argument in (IEnumerable<string>)
            ["-reproducible", "-comp", "zstd", "-mem", "32M",
            "-root-mode", Convert.ToString(root.Mode, 8), "-root-uid", $"{root.UserId}", "-root-gid", $"{root.GroupId}", "-root-time", $"{root.ModifiedAt}",
            "-quiet", "-no-progress", "-exit-on-error", "-force", file.TemporaryPath])
        {
            start.ArgumentList.Add(argument);
        }

        // The time of the making; what is younger, such as the root of sqfstar 4.5, which knows no -root-time, gets it too.
        start.Environment["SOURCE_DATE_EPOCH"] = $"{newest}";
        try
        {
            var process = Process.Start(start)!;
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            return new(process);
        }
        catch (Win32Exception)
        {
            return new(file.Content);
        }
    }

    /// <summary>Ends the file.</summary>
    /// <exception cref="StapesException">Unavailable: sqfstar failed.</exception>
    public async Task EndAsync(CancellationToken cancellation)
    {
        await WriteAsync(async () =>
        {
            await Content.DisposeAsync();
            ended = true;
        });
        if (sqfstar is null)
            return;
        await sqfstar.WaitForExitAsync(cancellation);
        if (sqfstar.ExitCode != 0)
            throw await FailureAsync();
    }

    /// <summary>Writes to <see cref="Content"/>; when sqfstar has ended meanwhile, its own words are the error.</summary>
    public async Task WriteAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (IOException) when (sqfstar is not null)
        {
            throw await FailureAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (sqfstar is { HasExited: false })
            sqfstar.Kill();
        if (!ended && sqfstar is not null)
            await sqfstar.WaitForExitAsync();
        sqfstar?.Dispose();
        if (tarball is not null)
            await tarball.DisposeAsync();
    }

    private async Task<StapesException> FailureAsync()
    {
        await sqfstar!.WaitForExitAsync();
        var said = (await errors!).Trim();
        var message = $"sqfstar could not make a squashfs of the image: {(said.Length > 0 ? said : $"it ended with the status {sqfstar.ExitCode}")}";
        return said.Contains("No space left", StringComparison.Ordinal) ? new StapesException(ErrorKind.Full, message) : new SqfstarException(message);
    }
}
