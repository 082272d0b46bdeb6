using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;

namespace Stapes.Remotes;

internal static class ImageLookup
{
    /// <summary>The image of a name, or an error that suggests the nearest one.</summary>
    /// <param name="remote">Where.</param>
    /// <param name="word">What.</param>
    /// <param name="type">Only images of this type; null for any.</param>
    /// <param name="architecture">Only images of this architecture; null for any, this machine's before others.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    public static async Task<RemoteImage> RequireAsync(this IRemote remote, ImageWord word, ImageType? type, Architecture? architecture, CancellationToken cancellation) =>
        await remote.FindAsync(word.NameOrDefault, type, architecture, cancellation) ?? throw await NotFoundAsync(remote, word, type, architecture, cancellation);

    public static async Task<StapesException> NotFoundAsync(IRemote remote, ImageWord word, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        if (word.Place.Remote?.Protocol == ConfiguredRemote.Oci)
            return new(ErrorKind.NotFound, $"Image \"{word.NameOrDefault}\" not found on {word.Place.Name}{(architecture is null ? "" : $" for {architecture}")}; a registry lists no images: check the name and the tag, such as library/alpine:3.20");
        var all = await remote.ListAsync(cancellation);
        var fitting = all.Where(i => (type is null || i.Type == type) && (architecture is null || i.Architecture == architecture));
        var kind = (type, architecture) switch
        {
            (null, null) => "Image",
            (ImageType.VirtualMachine, null) => "Virtual machine image",
            (ImageType.Container, null) => "Container image",
            (null, { } only) => $"Image of {only}",
            var (wanted, only) => $"{(wanted is ImageType.VirtualMachine ? "Virtual machine" : "Container")} image of {only}",
        };
        var near = RemoteImages.Nearest(word.NameOrDefault, fitting.SelectMany(static i => i.Aliases).Select(static a => a.Name));
        return new(ErrorKind.NotFound, $"{kind} \"{word.NameOrDefault}\" not found on {word.Place.Name}; {(near is null ? $"see `stapes image list {word.Place.Name}:`" : $"did you mean \"{near}\"?")}");
    }
}
