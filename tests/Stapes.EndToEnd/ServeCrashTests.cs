using System.Diagnostics;
using System.Security.Cryptography;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>A server that is killed while it imports: what it lists is whole, and nothing else stays.</summary>
public sealed class ServeCrashTests : IDisposable
{
    private const int Kills = 100;
    private const int Parallel = 3;

    private readonly DirectoryInfo place = Directory.CreateTempSubdirectory("stapes-");
    private readonly Dictionary<string, TestImage> images = new(StringComparer.Ordinal);
    private readonly HashSet<string> acknowledged = new(StringComparer.Ordinal);

    private string Data => Path.Combine(place.FullName, "data");

    public void Dispose() => place.Delete(recursive: true);

    [Fact]
    public async Task A_server_may_be_killed_at_random_moments_of_imports()
    {
        var duration = await MeasureAsync();
        for (var i = 0; i < Kills; i++)
        {
            await KillWhileImportingAsync(duration * 1.2 * Random.Shared.NextDouble());
            await using var server = await ServerProcess.StartAsync(Data);
            var listed = await CheckListAsync(server);
            var sample = listed.ElementAt(Random.Shared.Next(listed.Count));
            (await server.ExportedFingerprintAsync(sample)).ShouldBe(sample);
        }

        await FinishAsync();
    }

    private async Task<TimeSpan> MeasureAsync()
    {
        await using var server = await ServerProcess.StartAsync(Data);
        var start = Stopwatch.GetTimestamp();
        await ImportAsync(server);
        acknowledged.Count.ShouldBe(Parallel);
        return Stopwatch.GetElapsedTime(start);
    }

    private async Task KillWhileImportingAsync(TimeSpan moment)
    {
        await using var server = await ServerProcess.StartAsync(Data);
        var imports = ImportAsync(server);
        await Task.Delay(moment);
        await server.KillAsync();
        await imports;
    }

    /// <summary>Imports several images at once and notes those of which the client said that they are there.</summary>
    private async Task ImportAsync(ServerProcess server)
    {
        var source = new PlainImages(Path.Combine(place.FullName, "images"));
        var added = new TestImage[Parallel];
        for (var i = 0; i < Parallel; i++)
        {
            added[i] = source.Create("crash", Metadata.Created, Random.Shared.Next(16 << 10, 2 << 20));
            images.Add(added[i].Fingerprint, added[i]);
        }

        var results = await Task.WhenAll(added.Select(image => server.Import(image).RunAsync()));
        for (var i = 0; i < Parallel; i++)
        {
            if (results[i].ExitCode == 0)
                acknowledged.Add(added[i].Fingerprint);
        }
    }

    private async Task<IReadOnlySet<string>> CheckListAsync(ServerProcess server)
    {
        var listed = await server.FingerprintsAsync();
        listed.ShouldBeSubsetOf(images.Keys);
        acknowledged.ShouldBeSubsetOf(listed);
        return listed;
    }

    private async Task FinishAsync()
    {
        await using var server = await ServerProcess.StartAsync(Data, "--listen", "http://127.0.0.1:0", "--grace", "0");
        var listed = await CheckListAsync(server);
        listed.Count.ShouldBeLessThan(images.Count, "some were killed in time");
        foreach (var fingerprint in listed)
            (await server.ExportedFingerprintAsync(fingerprint)).ShouldBe(fingerprint);

        var expected = listed.SelectMany(f => images[f].Files).Select(Hash).ToHashSet(StringComparer.Ordinal);
        // The server cleans up beside its work.
        for (var i = 0; i < 300 && !(Blobs().SetEquals(expected) && Leftovers().Length == 0); i++)
            await Task.Delay(100);
        Blobs().ShouldBe(expected, ignoreOrder: true);
        Leftovers().ShouldBeEmpty();
    }

    private HashSet<string> Blobs() =>
        Directory.GetFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories).Select(static f => Path.GetFileName(f)).ToHashSet(StringComparer.Ordinal);

    private string[] Leftovers() => Directory.GetFileSystemEntries(Path.Combine(Data, "tmp"), "*", SearchOption.AllDirectories);

    private static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}
