using Stapes.Core.Repositories;
using Stapes.Protocols.Oci.Publishing;

namespace Stapes.Tests.Protocols.Oci.Publishing;

/// <summary>A server whose squashfs-tools fail: with the same program another attempt is a waste, with another one it may do.</summary>
public sealed class SqfstarFailureTests : PublishingTest
{
    private readonly KeptLog log = new();

    private string Program => Path.Combine(Data, "sqfstar");

    [Fact]
    public async Task A_manifest_that_sqfstar_fails_with_is_tried_once_and_again_by_the_next_server()
    {
        await RestartAsync(static s => s with { PublishImages = false });
        File.WriteAllText(Program, $"#!/bin/sh\necho run >>{Program}.runs\ncat >{Program}.input\necho 'Zstd is broken\u001b[31m' >&2\necho twice >&2\nexit 1\n");
        File.SetUnixFileMode(Program, UnixFileMode.UserExecute | UnixFileMode.UserRead);
        await PushAppAsync(App, "1", "one");

        await using (new Running(this, Program))
        {
            await WaitForAsync("public/app:1", 1);
            await PushAppAsync(App, "2", "two");
            await WaitForAsync("public/app:2", 1);
            await PushAppAsync(App, "1", "other");
            await WaitForAsync("public/app:1", 2);
            await PushAppAsync(App, "3", "three");
            await WaitForAsync("public/app:3", 1);
        }

        // Each manifest once, although the repository was looked at each time.
        File.ReadAllLines($"{Program}.runs").Length.ShouldBe(4);
        log.Lines.ShouldAllBe(static l => l.EndsWith("cannot be offered as an image until it changes or the server starts with another sqfstar: "
            + "sqfstar could not make a squashfs of the image: Zstd is broken [31m twice", StringComparison.Ordinal));
        (await Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
        Files("tmp").ShouldBeEmpty();

        await using (new Running(this, "sqfstar"))
            (await WaitAsync(static images => images.Count == 3)).SelectMany(static i => i.Aliases).Select(static a => a.Name).ShouldBe([$"{App}:1", $"{App}:2", $"{App}:3"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_tag_that_goes_is_left_no_longer()
    {
        await RestartAsync(static s => s with { PublishImages = false });
        await PushAppAsync(App, "1", "one");
        await using var running = new Running(this, "/bin/false");
        await WaitForAsync("public/app:1", 1);
        running.Publishing.Left.ShouldBe(1);

        using var deleted = await SendAsync("DELETE", $"/v2/{App}/manifests/1");
        await PushAppAsync(App, "2", "two");
        await WaitForAsync("public/app:2", 1);

        running.Publishing.Left.ShouldBe(1);
    }

    /// <summary>Waits until the log has told of a tag so often.</summary>
    private async Task WaitForAsync(string tag, int times)
    {
        while (log.Lines.Count(l => l.StartsWith(tag + " ", StringComparison.Ordinal)) < times)
            await Task.Delay(10, Cancellation);
    }

    /// <summary>Makes images as a server does, with a program of the test's.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        private readonly Task run;

        public Running(SqfstarFailureTests test, string program)
        {
            Publishing = new(test.Library, new RepositoryPolicy { Public = ["public/*"] }, new(test.Library, new() { Sqfstar = program }), test.log);
            run = Publishing.RunAsync(stop.Token);
        }

        public RegistryPublishing Publishing { get; }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Publishing.Dispose();
            stop.Dispose();
        }
    }
}
