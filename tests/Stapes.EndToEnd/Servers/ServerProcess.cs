using System.Diagnostics;
using System.Text.RegularExpressions;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Servers;

/// <summary>A running <c>stapes serve</c>, and <c>stapes image</c> that speaks to it.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly string data;
    private readonly Process process;
    private readonly List<string> log = [];
    private readonly TaskCompletionSource<string?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string data, Process process)
    {
        this.data = data;
        this.process = process;
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    /// <summary>Where it listens on the network, with the port that the system chose.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The files of images, whole or being written.</summary>
    public IReadOnlyList<string> StoredFiles =>
    [
        .. ((string[])["blobs", "tmp"]).Select(d => Path.Combine(data, d)).Where(Directory.Exists)
            .SelectMany(static d => Directory.GetFiles(d, "*", SearchOption.AllDirectories)),
    ];

    /// <summary>Starts a server on a data directory and waits until it answers.</summary>
    /// <param name="data">The data directory, which may be missing.</param>
    /// <param name="options">Further ones of <c>stapes serve</c>; without any it listens without TLS.</param>
    public static async Task<ServerProcess> StartAsync(string data, params IReadOnlyList<string> options)
    {
        var server = new ServerProcess(data, Command(data, options is [] ? ["--listen", "http://127.0.0.1:0"] : options).Start());
        var line = await server.started.Task.WaitAsync(TestContext.Current.CancellationToken);
        line.ShouldNotBeNull(string.Join('\n', server.log));
        server.Address = new(AddressPattern().Match(line).Value);
        return server;
    }

    public static Command Command(string data, params IReadOnlyList<string> options) =>
        StapesProgram.Run(Path.GetDirectoryName(data)!, ["serve", "--data", data, .. options]);

    /// <summary><c>stapes image …</c></summary>
    public Command Image(params IReadOnlyList<string> arguments) =>
        StapesProgram.Run(Path.GetDirectoryName(data)!, ["image", .. arguments, "--data", data]);

    /// <summary>Any command that speaks to the server over its Unix socket.</summary>
    public Command Stapes(params IReadOnlyList<string> arguments) =>
        StapesProgram.Run(Path.GetDirectoryName(data)!, [.. arguments, "--data", data]);

    public Command Import(TestImage image, params IReadOnlyList<string> options) => Image(["import", .. image.Files, .. options]);

    public async Task<IReadOnlySet<string>> FingerprintsAsync() =>
        (await Image("list", "-c", "F", "-f", "csv").OutputAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    /// <summary>Exports an image to an empty directory and takes the fingerprint of what arrives.</summary>
    public async Task<string> ExportedFingerprintAsync(string name)
    {
        var directory = Directory.CreateTempSubdirectory("stapes-");
        try
        {
            await Image("export", name, directory.FullName, "--quiet").OutputAsync();
            return TestImage.FromExport(directory.FullName).Fingerprint;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null || line.Contains(" Serving ", StringComparison.Ordinal))
            started.TrySetResult(line);
        else if (!started.Task.IsCompleted)
            log.Add(line);
    }

    [GeneratedRegex(@"https?://127\.0\.0\.1:\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AddressPattern();
}
