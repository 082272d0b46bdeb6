using System.Net;
using System.Net.Sockets;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>A server that cannot start says why in one line.</summary>
public sealed class ServeStartTests : IDisposable
{
    private readonly DirectoryInfo place = Directory.CreateTempSubdirectory("stapes-");

    private string Data => Path.Combine(place.FullName, "data");

    public void Dispose() => place.Delete(recursive: true);

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        await FailAsync(((IPEndPoint)other.LocalEndpoint).ToString());
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_directory_is_told_in_one_line_and_the_first_goes_on()
    {
        await using var first = await ServerProcess.StartAsync(Data);

        await FailAsync(Data);

        (await first.FingerprintsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_corrupt_catalogue_is_told_in_one_line_and_stays_as_it_is()
    {
        await using (await ServerProcess.StartAsync(Data))
        {
            // Makes the catalogue.
        }

        var catalogue = Path.Combine(Data, "catalog.db");
        File.Delete(catalogue + "-wal");
        File.WriteAllText(catalogue, new string('x', 8192));

        await FailAsync(catalogue);

        File.ReadAllText(catalogue).ShouldBe(new string('x', 8192));
    }

    [Fact]
    public async Task A_tree_that_is_missing_is_told_in_one_line()
    {
        var missing = Path.Combine(place.FullName, "missing");
        await FailAsync(missing, "--tree", missing);
    }

    private async Task FailAsync(string named, params string[] options)
    {
        var listen = named.StartsWith("127.0.0.1:", StringComparison.Ordinal) ? named : "127.0.0.1:0";
        var result = await ServerProcess.Command(Data, ["--listen", "http://" + listen, .. options]).RunAsync();

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldBeEmpty();
        var line = result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
        line.ShouldStartWith("Error: ");
        line.ShouldContain(named);
    }
}
