using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

public sealed class KillTests : LibraryTest
{
    private const string ChildVariable = "STAPES_TEST_CHILD";

    /// <summary>Makes this program a server that imports, deletes and collects until it is killed, when it is started for that.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "This is a program; its entry point is the test runner's.")]
    internal static void RunChild()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { } path)
            return;
        ImportForEverAsync(path).Wait();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Killed_at_any_moment_it_holds_every_listed_image_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var present = 0;
        for (var round = 0; round < 3; round++)
        {
            using (var child = StartChild())
            {
                (await child.StandardOutput.ReadLineAsync(Cancellation)).ShouldBe("importing");
                await Task.Delay(random.Next(150), Cancellation);
                child.Kill();
                await child.WaitForExitAsync(Cancellation);
            }

            await using var library = await OpenAsync(TimeSpan.FromDays(-10_000));
            await library.CleanUpAsync(Cancellation);
            await ShouldHoldExactlyItsImagesAsync(library);
            present = (await library.GetSnapshotAsync(Cancellation)).Images.Count;
            await library.AddAsync(TestImages.Upload($"{seed} {round}"), new(), Cancellation);
        }

        present.ShouldBeGreaterThan(0);
    }

    private Process StartChild()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KillTests).Assembly.Location]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[ChildVariable] = directory["data"];
        return Process.Start(start)!;
    }

    private static async Task ImportForEverAsync(string path)
    {
        var options = new LibraryOptions { Grace = TimeSpan.FromMilliseconds(5), CollectEvery = TimeSpan.FromMilliseconds(10) };
        await using var library = await DataDirectory.OpenLibraryAsync(path, options, CancellationToken.None);
        Console.WriteLine("importing");
        _ = library.RunCollectorAsync(static e => throw e, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    var image = await library.AddAsync(
                        TestImages.Upload(TestImages.Metadata($"{worker} {i}"), TestImages.Root($"{i % 5}", 300_000)), new(), CancellationToken.None);
                    if (i % 3 == 0)
                        await library.DeleteAsync(image.Key, null, CancellationToken.None);
                }
                catch (StapesException e) when (e.Kind is ErrorKind.Conflict)
                {
                    // An earlier child added it.
                }
            }
        })));
    }
}
