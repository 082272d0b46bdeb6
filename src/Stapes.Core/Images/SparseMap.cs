namespace Stapes.Core.Images;

/// <summary>Where the data of a sparse file belongs: pieces in ascending order, holes between them.</summary>
internal sealed class SparseMap
{
    private readonly List<(long Offset, long Length)> pieces = [];

    private SparseMap(long length) => Length = length;

    /// <summary>The length of the file with its holes.</summary>
    public long Length { get; }

    public IReadOnlyList<(long Offset, long Length)> Pieces => pieces;

    /// <param name="numbers">Offsets and lengths in turn.</param>
    /// <param name="length">The length of the file with its holes.</param>
    /// <param name="data">How many bytes of data there are.</param>
    /// <exception cref="InvalidDataException">Pieces overlap, lie beyond the end, or are not those of the data.</exception>
    public static SparseMap From(IReadOnlyList<long> numbers, long length, long data)
    {
        var map = new SparseMap(length);
        if (numbers.Count % 2 != 0)
            throw new InvalidDataException();
        long position = 0;
        for (var i = 0; i < numbers.Count; i += 2)
        {
            var (offset, count) = (numbers[i], numbers[i + 1]);
            if (offset < position || count < 0 || offset > length || count > length - offset)
                throw new InvalidDataException();
            position = offset + count;
            data -= count;
            if (count > 0)
                map.pieces.Add((offset, count));
        }

        return data == 0 ? map : throw new InvalidDataException();
    }
}
