using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Tests.Storage.FileSystem;

public sealed class StagedFileTests : IDisposable
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Staging => directory["hidden/tmp"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task What_was_written_is_in_the_file_after_the_move()
    {
        var content = new byte[20 << 20];
        new Random(1).NextBytes(content);
        using (var staged = StagedFile.Create(Staging))
        {
            for (var start = 0; start < content.Length; start += 1 << 20)
                await staged.Content.WriteAsync(content.AsMemory(start, 1 << 20), Cancellation);
            staged.Content.Length.ShouldBe(content.Length);
            staged.Flush();
            File.Exists(directory["target"]).ShouldBeFalse();
            staged.MoveTo(directory["target"]);
        }

        (await File.ReadAllBytesAsync(directory["target"], Cancellation)).AsSpan().SequenceEqual(content).ShouldBeTrue();
        Directory.EnumerateFiles(Staging).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 777)]
    [InlineData(4097, 0)]
    [InlineData(4096, 512)]
    public async Task A_large_file_holds_what_was_written_however_its_pieces_begin_and_end(int already, int beyond)
    {
        var content = new byte[(37 << 20) + already + beyond];
        new Random(2).NextBytes(content);
        if (already > 0)
        {
            using var before = StagedFile.TryContinue(Staging, "part")!;
            await before.Content.WriteAsync(content.AsMemory(0, already), Cancellation);
        }

        using (var staged = StagedFile.TryContinue(Staging, "part")!)
        {
            using var rest = new MemoryStream(content, already, content.Length - already);
            await BlockPump.RunAsync(rest, [bytes => staged.Content.WriteAsync(bytes, Cancellation)], static _ => { }, Cancellation);
            staged.Content.Length.ShouldBe(content.Length);
            staged.Flush();
            staged.MoveTo(directory["target"]);
        }

        (await File.ReadAllBytesAsync(directory["target"], Cancellation)).AsSpan().SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_is_not_published_keeps_the_mode_that_it_was_made_with()
    {
        using var staged = StagedFile.Create(Staging);
        File.SetUnixFileMode(staged.TemporaryPath, OwnerOnly);

        staged.MoveTo(directory["target"], published: false);

        File.GetUnixFileMode(directory["target"]).ShouldBe(OwnerOnly);
    }

    [Fact]
    public void Everybody_may_read_the_moved_file_but_only_the_owner_the_directory_before()
    {
        using var staged = StagedFile.Create(Staging);
        File.GetUnixFileMode(Staging).ShouldBe(OwnerOnly | UnixFileMode.UserExecute);
        staged.MoveTo(directory["target"]);
        File.GetUnixFileMode(directory["target"]).ShouldBe(ReadableByAll);
    }

    [Fact]
    public void The_directory_around_the_hidden_one_stays_open_for_others()
    {
        using var staged = StagedFile.Create(directory["tree/hidden/tmp"]);
        File.GetUnixFileMode(directory["tree"]).HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute).ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_is_not_moved_leaves_nothing()
    {
        StagedFile.Create(Staging).Dispose();
        Directory.EnumerateFileSystemEntries(Staging).ShouldBeEmpty();
    }

    [Fact]
    public void The_move_replaces_a_file_whose_readers_keep_the_old_bytes()
    {
        directory.Write("target", "old"u8);
        using var reader = File.OpenText(directory["target"]);
        AtomicFile.Write(directory["target"], "new"u8, Staging);
        reader.ReadToEnd().ShouldBe("old");
        File.ReadAllText(directory["target"]).ShouldBe("new");
        File.GetUnixFileMode(directory["target"]).ShouldBe(ReadableByAll);
        Directory.EnumerateFiles(Staging).ShouldBeEmpty();
    }

    [Fact]
    public void A_moved_file_can_be_read_while_its_writer_still_has_it_open()
    {
        using var staged = StagedFile.Create(Staging);
        staged.Content.Write("content"u8);
        staged.MoveTo(directory["target"]);
        File.ReadAllText(directory["target"]).ShouldBe("content");
    }

    [Fact]
    public void Cleaning_up_keeps_the_files_of_running_owners_and_deletes_the_others()
    {
        using var mine = StagedFile.Create(Staging);
        directory.Write("hidden/tmp/left-over", "half a file"u8);

        StagedFile.CleanUp(Staging).ShouldBe(1);
        Directory.EnumerateFiles(Staging).ShouldBe([mine.TemporaryPath]);
        mine.MoveTo(directory["target"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cleaning_up_keeps_the_file_of_another_process_until_that_is_killed(bool shared)
    {
        var path = directory.Write("hidden/tmp/others", "half a file"u8);
        using var other = await OtherProcess.LockAsync(path, Cancellation, shared);
        StagedFile.CleanUp(Staging).ShouldBe(0);
        File.Exists(path).ShouldBeTrue();

        other.Kill();
        StagedFile.CleanUp(Staging).ShouldBe(1);
        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public void Cleaning_up_where_there_is_nothing_does_nothing()
    {
        StagedFile.CleanUp(Staging).ShouldBe(0);
        Directory.Exists(directory["hidden"]).ShouldBeFalse();
    }

    [Fact]
    public void Cleaning_up_beside_many_writers_takes_no_file_from_them() => Parallel.For(0, 200, i =>
    {
        if (i % 4 == 0)
            StagedFile.CleanUp(Staging);
        using var staged = StagedFile.Create(Staging);
        staged.Content.Write("content"u8);
        staged.MoveTo(directory[$"target{i}"]);
        File.Exists(directory[$"target{i}"]).ShouldBeTrue();
    });

    [Fact]
    public void An_adopted_file_is_the_same_file_under_one_more_name()
    {
        var source = directory.Write("source", "content"u8);
        using (var staged = StagedFile.TryAdopt(source, Staging).ShouldNotBeNull())
        {
            staged.Flush();
            staged.MoveTo(directory["target"]);
        }

        File.ReadAllText(directory["target"]).ShouldBe("content");
        File.AppendAllText(source, "+");
        File.ReadAllText(directory["target"]).ShouldBe("content+");
    }

    [Fact]
    public async Task A_file_that_is_open_for_reading_is_adopted_without_waiting()
    {
        var source = directory.Write("source", "content"u8);
        await using var reader = File.OpenRead(source);
        using var staged = await Task.Run(() => StagedFile.TryAdopt(source, Staging), Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        staged.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_file_that_another_process_has_locked_is_not_adopted()
    {
        var source = directory.Write("source", "content"u8);
        using var other = await OtherProcess.LockAsync(source, Cancellation);
        StagedFile.TryAdopt(source, Staging).ShouldBeNull();
        Directory.EnumerateFiles(Staging).ShouldBeEmpty();
    }

    [Fact]
    public void One_file_is_adopted_twice()
    {
        var source = directory.Write("source", "content"u8);
        using var one = StagedFile.TryAdopt(source, Staging).ShouldNotBeNull();
        using var two = StagedFile.TryAdopt(source, Staging).ShouldNotBeNull();
        one.TemporaryPath.ShouldNotBe(two.TemporaryPath);
    }

    [Fact]
    public void An_adopted_file_that_is_not_moved_leaves_the_source_alone()
    {
        var source = directory.Write("source", "content"u8);
        File.SetUnixFileMode(source, OwnerOnly);
        StagedFile.TryAdopt(source, Staging).ShouldNotBeNull().Dispose();
        File.ReadAllText(source).ShouldBe("content");
        File.GetUnixFileMode(source).ShouldBe(OwnerOnly);
        Directory.EnumerateFiles(Staging).ShouldBeEmpty();
    }

    [Fact]
    public void A_link_is_not_adopted()
    {
        directory.Write("source", "content"u8);
        File.CreateSymbolicLink(directory["link"], directory["source"]);
        StagedFile.TryAdopt(directory["link"], Staging).ShouldBeNull();
        File.CreateSymbolicLink(directory["broken"], directory["nowhere"]);
        StagedFile.TryAdopt(directory["broken"], Staging).ShouldBeNull();
    }

    [Fact]
    public void A_file_of_another_file_system_is_not_adopted()
    {
        Assert.SkipUnless(DriveInfo.GetDrives().Any(static d => d.Name == "/dev/shm"), "/dev/shm is no file system of its own");
        var source = Path.Combine("/dev/shm", Path.GetFileName(directory.Root));
        File.WriteAllText(source, "content");
        try
        {
            StagedFile.TryAdopt(source, Staging).ShouldBeNull();
            File.ReadAllText(source).ShouldBe("content");
        }
        finally
        {
            File.Delete(source);
        }
    }

    [Fact]
    public void A_directory_that_is_flushed_must_exist()
    {
        DurableDirectory.Flush(directory.Root);
        Should.Throw<IOException>(() => DurableDirectory.Flush(directory["nowhere"])).Message.ShouldContain("No such file or directory");
    }
}
