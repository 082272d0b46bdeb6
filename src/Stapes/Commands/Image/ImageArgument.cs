using System.CommandLine;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Protocols.Incus;
using Stapes.Protocols.Incus.Client;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary>The image that a command is about.</summary>
internal static class ImageArgument
{
    public static Argument<string> Create()
    {
        var image = new Argument<string>("[remote:]image") { Description = "An alias or fingerprint, or the start of one, of a remote or directory" };
        image.Offer(ImageCompletion.Images);
        return image;
    }

    public static Option<bool> CreateVmOption() => new("--vm") { Description = "Query virtual machine images" };

    /// <param name="book">The remotes.</param>
    /// <param name="word">The image.</param>
    /// <param name="vm">Whether only a virtual machine counts.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ImageRecord> FindAsync(this RemoteBook book, ImageWord word, bool vm, CancellationToken cancellation)
    {
        if (word.Place.IsIncus)
        {
            using var server = book.OpenIncus(word.Place, "be asked");
            return (await server.FindAsync(word, vm, cancellation)).Image;
        }

        using var remote = book.Open(word.Place);
        return RemoteImageRecord.Of(await remote.RequireAsync(word, vm ? ImageType.VirtualMachine : null, architecture: null, cancellation), word.Place);
    }

    /// <summary>The same of a server that can say more, such as the entity tag.</summary>
    public static async Task<FetchedImage> FindAsync(this IncusClient server, ImageWord word, bool vm, CancellationToken cancellation)
    {
        ImageType? type = vm ? ImageType.VirtualMachine : null;
        try
        {
            return await server.GetImageAsync(await server.ResolveAsync(word.NameOrDefault, type?.ToName(), cancellation), cancellation);
        }
        catch (StapesException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw await ImageLookup.NotFoundAsync(new IncusRemote(server), word, type, architecture: null, cancellation);
        }
    }
}
