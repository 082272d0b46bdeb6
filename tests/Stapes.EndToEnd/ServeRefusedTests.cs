using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>Imports that <c>stapes serve</c> refuses: the client says why, nothing is stored, and the server goes on.</summary>
public sealed class ServeRefusedTests
{
    [PeersFact]
    public async Task Incus_is_told_that_a_file_is_no_image()
    {
        await using var store = await ServedStore.StartAsync();
        var file = Path.Combine(store.CreateDirectory("files"), "noise");
        File.WriteAllBytes(file, [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 31))]);

        await RefuseAsync(store, "image", "import", PeersTree.Inside(file), "st:", "--alias", "noise");

        (await store.ListAsync("st:")).ShouldBeEmpty();
        store.Server.StoredFiles.ShouldBeEmpty();
        await store.PublishAsync(store.Images.UnifiedAsync("next"));
    }

    [PeersFact]
    public async Task Incus_is_told_that_an_image_is_there_already()
    {
        await using var store = await ServedStore.StartAsync();
        var image = await store.PublishAsync(store.Images.SquashfsAsync("twice"));

        await RefuseAsync(store, ["image", "import", .. image.Files.Select(PeersTree.Inside), "st:"]);

        (await store.ListAsync("st:")).ShouldHaveSingleItem();
        store.Server.StoredFiles.Count.ShouldBe(2);
    }

    [PeersFact]
    public async Task An_image_for_which_the_disk_has_no_room_is_refused_and_smaller_ones_are_still_taken()
    {
        var place = Directory.CreateTempSubdirectory("stapes-");
        var images = new PlainImages(place.CreateSubdirectory("images").FullName);
        var data = place.CreateSubdirectory("data").FullName;
        await new Command("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", data).OutputAsync();
        try
        {
            await using var server = await ServerProcess.StartAsync(data);
            var result = await server.Import(images.Create("large", Metadata.Created, 16 << 20)).RunAsync();
            result.ExitCode.ShouldBe(1, result.ToString());
            result.Errors.ShouldMatch("no space|have to stay free");
            server.StoredFiles.ShouldBeEmpty();

            var small = images.Create("small", Metadata.Created, 64 << 10);
            await server.Import(small).OutputAsync();
            (await server.ExportedFingerprintAsync(small.Fingerprint)).ShouldBe(small.Fingerprint);
        }
        finally
        {
            await new Command("umount", data).RunAsync(CancellationToken.None);
            place.Delete(recursive: true);
        }
    }

    private static async Task RefuseAsync(ServedStore store, params string[] arguments)
    {
        var result = await (await store.IncusAsync(arguments)).RunAsync();
        result.ExitCode.ShouldBe(1, result.ToString());
        result.Errors.ShouldStartWith("Error: ");
    }
}
