using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Storage.FileSystem;

namespace Stapes.Tests.Transfers;

public sealed class FileTransferTests : IDisposable
{
    private const string ChildVariable = "STAPES_TEST_TRANSFER";

    private static readonly RetryPolicy Fast = new() { Attempts = 4, FirstDelay = TimeSpan.FromMilliseconds(1), LongestDelay = TimeSpan.FromMilliseconds(4) };

    private static readonly byte[] Content = RandomNumberGenerator.GetBytes((5 << 20) + 12345);

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Parts => directory["parts"];

    /// <summary>Makes this program one that fetches a file, when it is started for that.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "This is a program; its entry point is the test runner's.")]
    internal static void RunChild()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable)?.Split(' ') is not [var url, var digest, var size, var parts] || !Sha256Digest.TryParse(digest, out var expected))
            return;
        using var http = new HttpClient();
        FileTransfer.FetchAsync(new("file", expected, long.Parse(size), HttpFile.At(http, new(url))), parts, null, Fast, progress: null, CancellationToken.None).Wait();
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_file_comes_in_one_piece_and_nothing_is_left_beside_it()
    {
        await using var server = FileServer.Start(Content);
        long told = 0;

        using (var fetched = await FileTransfer.FetchAsync(server.File(), Parts, null, Fast, count => told += count, Cancellation))
        {
            fetched.Size.ShouldBe(Content.Length);
            fetched.Combined.ShouldBeNull();
            fetched.Content.MoveTo(directory["file"]);
        }

        ShouldBeContent(directory["file"]);
        told.ShouldBe(Content.Length);
        server.Ranges.ShouldBe(["all"]);
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_digest_over_the_file_before_it_is_computed_on_the_way()
    {
        await using var server = FileServer.Start(Content);
        server.BreakAfter = 1 << 20;
        var before = directory.Write("metadata", "metadata"u8);

        using var fetched = await FileTransfer.FetchAsync(server.File(), Parts, before, Fast, progress: null, Cancellation);

        fetched.Combined.ShouldBe(Sha256Digest.FromBytes(SHA256.HashData([.. "metadata"u8, .. Content])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_again_and_again_costs_no_byte_twice(bool sizeIsKnown)
    {
        await using var server = FileServer.Start(Content);
        server.BreakAfter = 300_000;

        using var fetched = await FetchAsync(sizeIsKnown ? server.File() : server.FileOfUnknownSize());

        server.Sent.ShouldBe(Content.Length);
        server.Ranges.Count.ShouldBe((Content.Length / 300_000) + 1);
        ShouldBeContent(fetched.Content.TemporaryPath);
    }

    [Fact]
    public async Task A_server_that_cannot_continue_is_read_again_from_its_start()
    {
        await using var server = FileServer.Start(Content);
        server.IgnoresRange = true;
        server.BreakAfter = 4 << 20;
        server.OnRequestAsync = number =>
        {
            if (number == 3)
                server.BreakAfter = int.MaxValue;
            return Task.CompletedTask;
        };

        using var fetched = await FetchAsync(server.File());

        server.Ranges.Count.ShouldBe(3);
        ShouldBeContent(fetched.Content.TemporaryPath);
    }

    [Fact]
    public async Task A_server_that_cannot_continue_and_always_breaks_is_given_up()
    {
        await using var server = FileServer.Start(Content);
        server.IgnoresRange = true;
        server.BreakAfter = 1 << 20;

        var failure = await Should.ThrowAsync<StapesException>(() => FetchAsync(server.File()));

        failure.Kind.ShouldBe(ErrorKind.Unavailable);
        failure.Message.ShouldContain("1048576 bytes of 5255225");
        failure.Message.ShouldNotContain("\n");
        server.Ranges.Count.ShouldBe(Fast.Attempts);
        new FileInfo(Part(server)).Length.ShouldBe(1 << 20);
    }

    [Fact]
    public async Task Answers_of_5xx_are_asked_again_and_those_of_404_are_not()
    {
        await using var server = FileServer.Start(Content);
        server.StatusOf = static number => number < 3 ? 503 : 0;
        (await FetchAsync(server.File())).Dispose();
        server.Ranges.Count.ShouldBe(3);
        File.Delete(Part(server));

        server.StatusOf = static _ => 404;
        (await Should.ThrowAsync<StapesException>(() => FetchAsync(server.File()))).Kind.ShouldBe(ErrorKind.NotFound);
        server.Ranges.Count.ShouldBe(4);
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_goes_away_meanwhile_is_an_error_that_keeps_what_came()
    {
        await using var server = FileServer.Start(Content);
        server.BreakAfter = 1 << 20;
        server.StatusOf = static number => number == 2 ? 404 : 0;

        (await Should.ThrowAsync<StapesException>(() => FetchAsync(server.File()))).Kind.ShouldBe(ErrorKind.NotFound);
        (await FetchAsync(server.File())).Dispose();

        server.Sent.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task A_server_that_only_fails_is_given_up_and_leaves_nothing()
    {
        await using var server = FileServer.Start(Content);
        server.StatusOf = static _ => 500;

        var failure = await Should.ThrowAsync<StapesException>(() => FetchAsync(server.File()));

        failure.Message.ShouldContain("500");
        server.Ranges.Count.ShouldBe(Fast.Attempts);
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Fact]
    public async Task Other_bytes_are_refused_and_not_kept()
    {
        await using var server = FileServer.Start(Content);
        var file = server.File();
        server.Content = [.. Content[..^1], (byte)(Content[^1] ^ 1)];

        var failure = await Should.ThrowAsync<StapesException>(() => FetchAsync(file));

        failure.Message.ShouldContain("SHA256");
        failure.Message.ShouldNotContain("\n");
        server.Ranges.ShouldBe(["all"]);
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-1000)]
    [InlineData(1000)]
    public async Task A_server_that_announces_another_size_than_the_index_is_refused_before_a_byte(int difference)
    {
        await using var server = FileServer.Start(Content);

        var failure = await Should.ThrowAsync<StapesException>(() => FetchAsync(server.File(size: Content.Length + difference)));

        failure.Kind.ShouldBe(ErrorKind.Invalid);
        failure.Message.ShouldContain("5255225 bytes");
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_body_that_is_shorter_than_announced_is_no_end()
    {
        await using var server = FileServer.Start(Content);
        server.ClaimedLength = Content.Length + 1000;

        (await Should.ThrowAsync<StapesException>(() => FetchAsync(server.FileOfUnknownSize()))).Kind.ShouldBe(ErrorKind.Unavailable);
    }

    [Fact]
    public async Task A_body_without_a_length_that_goes_on_behind_the_size_of_the_index_is_refused()
    {
        await using var server = FileServer.Start(Content);
        var file = server.File() with { Digest = Sha256Digest.FromBytes(SHA256.HashData(Content.AsSpan(0, 1000))), Size = 1000 };
        var open = file.OpenAsync;
        // As an answer in chunks is: it announces nothing.
        file = file with
        {
            OpenAsync = async (offset, validator, cancellation) =>
            {
                var body = await open(offset, validator, cancellation);
                return new(body.Content, body) { Offset = body.Offset };
            },
        };

        var failure = await Should.ThrowAsync<StapesException>(() => FetchAsync(file));

        failure.Message.ShouldContain("does not end");
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_changes_on_the_server_meanwhile_is_not_patched_together()
    {
        await using var server = FileServer.Start([.. Content.Reverse()]);
        var file = server.File(digest: Sha256Digest.FromBytes(SHA256.HashData(Content)));
        server.BreakAfter = 1 << 20;
        server.OnRequestAsync = number =>
        {
            if (number == 2)
                (server.Content, server.ETag, server.BreakAfter) = (Content, "\"two\"", int.MaxValue);
            return Task.CompletedTask;
        };

        using var fetched = await FetchAsync(file);

        ShouldBeContent(fetched.Content.TemporaryPath);
        server.Ranges.ShouldBe(["all", "bytes=1048576-", "all"]);
    }

    [Theory]
    [InlineData(1 << 20, "bytes=1048576-")]
    [InlineData(5_255_225, null)]
    [InlineData(6_000_000, "all")]
    public async Task What_an_earlier_program_left_is_continued(int length, string? asked)
    {
        await using var server = FileServer.Start(Content);
        directory.Write(Path.Combine("parts", $"{server.File().Digest}.part"), ((byte[])[.. Content, .. new byte[1 << 20]]).AsSpan(0, length));
        long told = 0;

        using var fetched = await FileTransfer.FetchAsync(server.File(), Parts, null, Fast, count => told += count, Cancellation);

        ShouldBeContent(fetched.Content.TemporaryPath);
        server.Ranges.ShouldBe(asked is null ? [] : [asked]);
        told.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task A_whole_part_of_a_file_of_unknown_size_is_enough()
    {
        await using var server = FileServer.Start(Content);
        directory.Write(Path.Combine("parts", $"{server.File().Digest}.part"), Content);

        (await FetchAsync(server.FileOfUnknownSize())).Dispose();

        server.Sent.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_power_cut_damaged_is_fetched_once_more_from_its_start(bool sizeIsKnown)
    {
        await using var server = FileServer.Start(Content);
        directory.Write(Path.Combine("parts", $"{server.File().Digest}.part"), sizeIsKnown ? new byte[1 << 20] : new byte[6 << 20]);
        long told = 0;

        using var fetched = await FileTransfer.FetchAsync(sizeIsKnown ? server.File() : server.FileOfUnknownSize(), Parts, null, Fast, count => told += count, Cancellation);

        ShouldBeContent(fetched.Content.TemporaryPath);
        server.Ranges[^1].ShouldBe("all");
        told.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task A_part_that_another_process_works_on_is_left_to_it()
    {
        await using var server = FileServer.Start(Content);
        var part = directory.Write(Path.Combine("parts", $"{server.File().Digest}.part"), "of another"u8);
        using var other = await OtherProcess.LockAsync(part, Cancellation);

        using (var fetched = await FetchAsync(server.File()))
            fetched.Content.MoveTo(directory["file"]);

        ShouldBeContent(directory["file"]);
        (await File.ReadAllTextAsync(part, Cancellation)).ShouldBe("of another");
    }

    [Fact]
    public async Task A_cancelled_transfer_leaves_its_part_and_nothing_else()
    {
        await using var server = FileServer.Start(Content);
        server.BreakAfter = 1 << 20;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        server.OnRequestAsync = number => number == 2 ? stop.CancelAsync() : Task.CompletedTask;

        await Should.ThrowAsync<OperationCanceledException>(() => FileTransfer.FetchAsync(server.File(), Parts, null, Fast, progress: null, stop.Token));

        Directory.EnumerateFiles(Parts).ShouldBe([Part(server)]);
    }

    [Fact]
    public async Task A_killed_program_leaves_what_the_next_one_continues()
    {
        await using var server = FileServer.Start(Content);
        var isBroken = new TaskCompletionSource();
        var mayGoOn = new TaskCompletionSource();
        server.BreakAfter = 3 << 20;
        server.OnRequestAsync = number =>
        {
            isBroken.TrySetResult();
            return number == 2 ? mayGoOn.Task : Task.CompletedTask;
        };
        using (var child = StartChild(server))
        {
            await WaitForPartAsync(server, 3 << 20);
            child.Kill();
            await child.WaitForExitAsync(Cancellation);
        }

        mayGoOn.SetResult();
        StagedFile.CleanUp(Parts).ShouldBe(0);
        using var fetched = await FetchAsync(server.File());

        ShouldBeContent(fetched.Content.TemporaryPath);
        server.Ranges[^1].ShouldBe("bytes=3145728-");
    }

    [Fact]
    public void Parts_that_nobody_continued_for_a_week_are_cleaned_up()
    {
        directory.Write("parts/old.part", "old"u8);
        directory.Write("parts/new.part", "new"u8);
        File.SetLastWriteTimeUtc(directory["parts/old.part"], DateTime.UtcNow.AddDays(-8));

        StagedFile.CleanUp(Parts).ShouldBe(1);

        Directory.EnumerateFiles(Parts).ShouldBe([directory["parts/new.part"]]);
    }

    [Fact]
    public async Task Many_at_once_of_one_file_all_get_it()
    {
        await using var server = FileServer.Start(Content);

        await Parallel.ForAsync(0, 8, Cancellation, async (i, cancellation) =>
        {
            using var fetched = await FileTransfer.FetchAsync(server.File(), Parts, null, Fast, progress: null, cancellation);
            fetched.Content.MoveTo(directory["file"]);
        });

        ShouldBeContent(directory["file"]);
        Directory.EnumerateFiles(Parts).ShouldBeEmpty();
    }

    private Task<FetchedFile> FetchAsync(RemoteFile file) => FileTransfer.FetchAsync(file, Parts, null, Fast, progress: null, Cancellation);

    private string Part(FileServer server) => Path.Combine(Parts, $"{server.File().Digest}.part");

    private Process StartChild(FileServer server)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(FileTransferTests).Assembly.Location]) { UseShellExecute = false };
        start.Environment[ChildVariable] = $"{server.Url} {server.File().Digest} {Content.Length} {Parts}";
        return Process.Start(start)!;
    }

    private async Task WaitForPartAsync(FileServer server, long length)
    {
        while (!File.Exists(Part(server)) || new FileInfo(Part(server)).Length < length)
            await Task.Delay(10, Cancellation);
    }

    private static void ShouldBeContent(string path) => File.ReadAllBytes(path).AsSpan().SequenceEqual(Content).ShouldBeTrue();
}
