using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>What the real client sees and ends of that which goes on in <c>stapes serve</c>.</summary>
public sealed class ServeOperationTests
{
    [PeersFact]
    public async Task Incus_lists_shows_and_cancels_what_goes_on()
    {
        await using var stalled = new StalledServer();
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        var operation = await store.Server.StartPullAsync(stalled.Address);
        var id = operation.Split('/')[^1];
        await stalled.WasAskedAsync();
        (await store.IncusOutputAsync("operation", "list", "corp:", "-f", "csv")).ShouldContain($"{id},TASK,Downloading image,RUNNING,YES,");
        (await store.IncusOutputAsync("operation", "show", $"corp:{id}")).ShouldContain("status: Running\n");
        await store.IncusOutputAsync("operation", "delete", $"corp:{id}");
        (await store.Server.OperationAsync(operation + "/wait")).ShouldContain("\"status\":\"Cancelled\"");
        store.Server.StoredFiles.ShouldBeEmpty();
    }

    [PeersFact]
    public async Task Incus_lists_what_a_kill_ended_as_failed()
    {
        await using var stalled = new StalledServer();
        await using var store = await ServedStore.StartAsync();
        var id = (await store.Server.StartPullAsync(stalled.Address)).Split('/')[^1];
        await stalled.WasAskedAsync();
        (await store.IncusOutputAsync("operation", "list", "st:", "-f", "csv")).ShouldContain($"{id},TASK,Downloading image,RUNNING,YES,");
        await store.Server.KillAsync();
        await using var again = await store.RestartAsync();
        (await store.IncusOutputAsync("operation", "list", "st:", "-f", "csv")).ShouldContain($"{id},TASK,Downloading image,FAILURE,NO,");
        (await store.IncusOutputAsync("operation", "show", $"st:{id}")).ShouldContain("The server was restarted");
    }
}
