using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>How much may come in: no image or blob beyond a size, and none while the disk has less free space than has to stay.</summary>
/// <param name="blobs">Where the bytes go.</param>
/// <param name="uploadLimit">Bytes of all files of an image; null for any number.</param>
/// <param name="freeSpace">Bytes that have to stay free; null for a twentieth of the disk, but at most 1 GiB.</param>
public sealed class StorageLimits(IBlobStore blobs, long? uploadLimit, long? freeSpace)
{
    private const long MostByItself = 1L << 30;

    /// <summary>How many bytes pass between two looks at the disk.</summary>
    private const long LookEvery = 16 << 20;

    /// <summary>To be called for the bytes of one image or blob while they come in.</summary>
    /// <param name="before">How many there were.</param>
    /// <param name="now">How many there are, or will be.</param>
    /// <exception cref="StapesException">Full: the disk has too little space. Invalid: the image is too large.</exception>
    public void Check(long before, long now)
    {
        if (now > uploadLimit)
            throw new StapesException(ErrorKind.Invalid, $"It has more than {uploadLimit} bytes, which is the most that this server takes: make it smaller, or have --upload-limit raised");
        if ((before != 0 && before / LookEvery == now / LookEvery) || blobs.GetSpace() is not { } space)
            return;
        var floor = freeSpace ?? Math.Min(space.Total / 20, MostByItself);
        if (space.Free < floor)
            throw new StapesException(ErrorKind.Full, $"The disk of the server has {space.Free} bytes left, and {floor} have to stay free: delete images there, or change --free-space");
    }
}
