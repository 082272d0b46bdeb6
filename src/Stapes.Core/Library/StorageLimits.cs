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

    /// <summary>To be called before anything of one image or blob comes in, of which it is known how large it will be.</summary>
    /// <param name="bytes">How many bytes will come; 0 when nobody knows.</param>
    /// <exception cref="StapesException">As <see cref="Check"/>.</exception>
    public void Expect(long bytes)
    {
        CheckSize(bytes);
        CheckSpace(bytes);
    }

    /// <summary>To be called for the bytes of one image or blob while they come in.</summary>
    /// <param name="before">How many there were.</param>
    /// <param name="now">How many there are, or will be.</param>
    /// <exception cref="StapesException">Full: the disk has too little space. Invalid: the image is too large.</exception>
    public void Check(long before, long now)
    {
        CheckSize(now);
        if (before == 0 || before / LookEvery != now / LookEvery)
            CheckSpace(0);
    }

    /// <summary>Checks while a stream is read: for what is written while it is read, and takes about as much.</summary>
    /// <param name="source">The bytes of one image or blob; disposed of with what is returned.</param>
    public Stream Watch(Stream source) => new LimitedStream(source, this, new());

    private void CheckSize(long bytes)
    {
        if (bytes > uploadLimit)
            throw new StapesException(ErrorKind.Invalid, $"It has more than {uploadLimit} bytes, which is the most that this server takes: make it smaller, or have --upload-limit raised");
    }

    private void CheckSpace(long bytes)
    {
        if (blobs.GetSpace() is not { } space)
            return;
        var floor = freeSpace ?? Math.Min(space.Total / 20, MostByItself);
        if (space.Free < floor || space.Free - floor < bytes)
            throw new StapesException(ErrorKind.Full, $"The disk of the server has {space.Free} bytes left, and {floor} have to stay free{(bytes > 0 ? $" beside the {bytes} that would come" : "")}: delete images there, or change --free-space");
    }
}
