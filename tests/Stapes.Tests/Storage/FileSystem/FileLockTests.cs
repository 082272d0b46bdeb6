using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Tests.Storage.FileSystem;

public sealed class FileLockTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string LockPath => directory["hidden/lock"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Two_locks_in_one_process_exclude_each_other()
    {
        var first = await FileLock.AcquireAsync(LockPath, Cancellation);
        var second = FileLock.AcquireAsync(LockPath, Cancellation);
        (await EndsAsync(second)).ShouldBeFalse();

        first.Dispose();
        (await second.WaitAsync(Patience, Cancellation)).Dispose();
    }

    [Fact]
    public async Task Many_writers_take_turns()
    {
        var inside = 0;
        await Parallel.ForAsync(0, 50, Cancellation, async (_, cancellation) =>
        {
            using var turn = await FileLock.AcquireAsync(LockPath, cancellation);
            Interlocked.Increment(ref inside).ShouldBe(1);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        });
    }

    [Fact]
    public async Task A_lock_of_another_process_is_waited_for()
    {
        directory.Write("hidden/lock", []);
        using var other = await OtherProcess.LockAsync(LockPath, Cancellation);
        var mine = FileLock.AcquireAsync(LockPath, Cancellation);
        (await EndsAsync(mine)).ShouldBeFalse();

        other.Release();
        (await mine.WaitAsync(Patience, Cancellation)).Dispose();
    }

    [Fact]
    public async Task A_released_lock_is_free_although_a_process_that_is_being_started_has_a_copy_of_its_descriptor()
    {
        var held = await FileLock.AcquireAsync(LockPath, Cancellation);
        var descriptor = Directory.EnumerateFiles("/proc/self/fd").First(f => new FileInfo(f).LinkTarget == LockPath);
        using var copy = new SafeFileHandle(dup(int.Parse(Path.GetFileName(descriptor), CultureInfo.InvariantCulture)), ownsHandle: true);

        held.Dispose();
        FileLock.TryAcquire(LockPath).ShouldNotBeNull().Dispose();
    }

    [Fact]
    public async Task A_killed_process_holds_nothing()
    {
        directory.Write("hidden/lock", []);
        using var other = await OtherProcess.LockAsync(LockPath, Cancellation);
        var mine = FileLock.AcquireAsync(LockPath, Cancellation);
        other.Kill();
        (await mine.WaitAsync(Patience, Cancellation)).Dispose();
    }

    [Fact]
    public async Task Readers_share_the_lock_and_wait_for_a_writer()
    {
        var writer = await FileLock.AcquireAsync(LockPath, Cancellation);
        var reader = FileLock.AcquireSharedAsync(LockPath, Cancellation);
        (await EndsAsync(reader)).ShouldBeFalse();
        writer.Dispose();

        using var one = await reader.WaitAsync(Patience, Cancellation);
        using var two = await FileLock.AcquireSharedAsync(LockPath, Cancellation).WaitAsync(Patience, Cancellation);
        (one is null || two is null).ShouldBeFalse();
    }

    [Fact]
    public async Task A_writer_waits_for_readers()
    {
        directory.Write("hidden/lock", []);
        using var other = await OtherProcess.LockAsync(LockPath, Cancellation, shared: true);
        var mine = FileLock.AcquireAsync(LockPath, Cancellation);
        (await EndsAsync(mine)).ShouldBeFalse();
        other.Release();
        (await mine.WaitAsync(Patience, Cancellation)).Dispose();
    }

    [Fact]
    public async Task Where_nothing_was_ever_locked_a_reader_has_nothing_to_wait_for()
    {
        (await FileLock.AcquireSharedAsync(LockPath, Cancellation)).ShouldBeNull();
        Directory.Exists(directory["hidden"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_can_be_cancelled_and_leaves_the_lock_to_others()
    {
        var first = await FileLock.AcquireAsync(LockPath, Cancellation);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var second = FileLock.AcquireAsync(LockPath, impatient.Token);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);

        first.Dispose();
        (await FileLock.AcquireAsync(LockPath, Cancellation).WaitAsync(Patience, Cancellation)).Dispose();
    }

    private static async Task<bool> EndsAsync(Task task) => await Task.WhenAny(task, Task.Delay(Moment, Cancellation)) == task;

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int dup(int descriptor);
}
