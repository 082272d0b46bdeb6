using System.CommandLine;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Commands.Image;

/// <summary>The image that a command is about.</summary>
internal static class ImageArgument
{
    private const string VirtualMachine = "virtual-machine";

    public static Argument<string> Create() => new("image") { Description = "An alias or fingerprint, or the start of one" };

    public static Option<bool> CreateVmOption() => new("--vm") { Description = "Query virtual machine images" };

    /// <param name="server">The server of the name's remote.</param>
    /// <param name="name">The name.</param>
    /// <param name="vm">Whether only an alias of a virtual machine image counts.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<FetchedImage> FindAsync(this IncusClient server, ImageName name, bool vm, CancellationToken cancellation) =>
        await server.GetImageAsync(await server.ResolveAsync(name.Name, vm ? VirtualMachine : null, cancellation), cancellation);
}
