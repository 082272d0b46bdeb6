using System.Text.Json;
using Stapes.Protocols.Incus;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Commands.Image;

/// <summary>The aliases of an image that has just arrived.</summary>
internal static class ImportAliases
{
    /// <summary>Makes aliases lead to an image, also those that lead elsewhere.</summary>
    /// <param name="server">The server that has the image.</param>
    /// <param name="aliases">The aliases.</param>
    /// <param name="fingerprint">The image.</param>
    /// <param name="deleteOthers">Whether an image that has no other aliases than these is deleted.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task MoveAsync(IncusClient server, IReadOnlyCollection<string> aliases, string fingerprint, bool deleteOthers, CancellationToken cancellation)
    {
        if (deleteOthers)
        {
            foreach (var target in (await ExistingAsync(server, aliases, cancellation)).Select(static a => a.Target).Distinct().Where(t => t != fingerprint))
            {
                var (image, _) = await server.GetImageAsync(target, cancellation);
                if ((image.Aliases ?? []).All(a => aliases.Contains(a.Name)))
                    await server.DeleteImageAsync(target, cancellation);
            }
        }

        foreach (var alias in await ExistingAsync(server, aliases, cancellation))
            await server.DeleteAliasAsync(alias.Name, cancellation);
        foreach (var alias in aliases.Distinct())
            await server.CreateAliasAsync(new() { Name = alias, Target = fingerprint }, cancellation);
    }

    private static async Task<IReadOnlyList<AliasRecord>> ExistingAsync(IncusClient server, IReadOnlyCollection<string> aliases, CancellationToken cancellation) =>
        [.. (await server.ListAliasesAsync(cancellation)).EnumerateArray().Select(static a => a.Deserialize(IncusJsonContext.Default.AliasRecord)!).Where(a => aliases.Contains(a.Name))];
}
