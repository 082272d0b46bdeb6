using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Stapes.Tests.Protocols.Oci.Publishing;

/// <summary>A registry on a small disk of its own.</summary>
public sealed class FullDiskTests : PublishingTest
{
    private readonly AwaitedLog log = new("will be tried again");

    private protected override ILoggerProvider Log => log;

    private string Filling => Path.Combine(Data, "filling");

    [Fact]
    public async Task A_full_disk_refuses_pushes_and_puts_off_images_and_leaves_nothing()
    {
        var isMounted = false;
        await RestartAsync(static s => s with { PublishImages = false }, () => isMounted = Run("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", Data));
        if (!isMounted)
            Assert.Skip("A small disk needs the right to mount one.");
        try
        {
            await PushAppAsync(App, "1", Convert.ToBase64String(RandomNumberGenerator.GetBytes(4 << 20)));
            var blobs = Files("blobs");
            Fill(free: 2 << 20);

            var large = RandomNumberGenerator.GetBytes(5 << 20);
            await ShouldFailAsync(SendAsync("POST", $"/v2/{App}/blobs/uploads/?digest={Sha256(large)}", Bytes(large)), HttpStatusCode.InsufficientStorage, "UNKNOWN");
            using (var begun = await SendAsync("POST", $"/v2/{App}/blobs/uploads/", Bytes([])))
            {
                var place = begun.Headers.Location!.OriginalString;
                await ShouldFailAsync(SendAsync("PATCH", place, Bytes(large)), HttpStatusCode.InsufficientStorage, "UNKNOWN");
                await ShouldFailAsync(SendAsync("GET", place), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
            }

            Files("blobs").ShouldBe(blobs, ignoreOrder: true);
            Files("tmp").ShouldBeEmpty();

            await RestartAsync();
            await log.Seen.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
            (await Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
            Files("blobs").ShouldBe(blobs, ignoreOrder: true);
            Files("tmp").ShouldBeEmpty();

            File.Delete(Filling);
            await PushBlobAsync(large, App);
            await PushAppAsync(App, "2", "small");
            (await WaitAsync(static images => images.Count == 2)).SelectMany(static i => i.Aliases).Select(static a => a.Name).ShouldBe([$"{App}:1", $"{App}:2"], ignoreOrder: true);
        }
        finally
        {
            await RestartAsync(between: () => Run("umount", Data).ShouldBeTrue());
        }
    }

    [Fact]
    public async Task No_image_is_made_while_the_disk_has_too_little_space()
    {
        await RestartAsync(static s => s with { PublishImages = false });
        await PushAppAsync(App, "1", "small");
        await RestartAsync(static s => s with { FreeSpace = long.MaxValue });
        await log.Seen.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        (await Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
        Files("tmp").ShouldBeEmpty();
        await RestartAsync();
        await WaitAsync(static images => images.Count == 1);
    }

    private void Fill(long free)
    {
        using var file = File.Create(Filling);
        var zeros = new byte[1 << 16];
        while (new DriveInfo(Data).AvailableFreeSpace > free)
            file.Write(zeros);
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>A log in which one line is waited for.</summary>
    private sealed class AwaitedLog(string awaited) : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => seen.Task;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).Contains(awaited, StringComparison.Ordinal))
                seen.TrySetResult();
        }

        public void Dispose()
        {
        }
    }
}
