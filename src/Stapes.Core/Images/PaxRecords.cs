using System.Globalization;
using System.Text;

namespace Stapes.Core.Images;

/// <summary>
/// What extended headers say of the entry behind them: those of pax and GNU's long names. Source: POSIX.1-2017 pax, «pax Extended
/// Header»; GNU tar manual, «Storing Sparse Files»; star(5), SCHILY.xattr.
/// </summary>
internal sealed class PaxRecords
{
    private const string AttributePrefix = "SCHILY.xattr.";

    private readonly List<long> sparseNumbers = [];
    private OrderedDictionary<string, byte[]>? attributes;
    private string? sparseName;
    private string? path;

    /// <summary>The path of a sparse file is a stand-in; its own name is in a record of GNU's.</summary>
    public string? Name => sparseName ?? path;

    public string? LinkName { get; set; }

    public long? Size { get; private set; }

    public long? UserId { get; private set; }

    public long? GroupId { get; private set; }

    public long? ModifiedAt { get; private set; }

    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes => attributes is null ? [] : attributes;

    /// <summary>The length of a sparse file with its holes; null when it is none.</summary>
    public long? SparseLength { get; private set; }

    /// <summary>Offsets and lengths in turn (GNU's sparse formats 0.0 and 0.1).</summary>
    public IReadOnlyList<long> SparseNumbers => sparseNumbers;

    /// <summary>Whether the map stands before the data (format 1.0).</summary>
    public bool SparseMapInData { get; private set; }

    public void SetLongName(string name) => path = name;

    /// <summary>Records of the form «length keyword=value\n».</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public void Add(ReadOnlySpan<byte> records)
    {
        while (records.Length > 0)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank <= 0 || !int.TryParse(records[..blank], CultureInfo.InvariantCulture, out var length) || length <= blank + 1 || length > records.Length)
                throw new InvalidDataException();
            var record = records[(blank + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0)
                throw new InvalidDataException();
            Set(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..]);
            records = records[length..];
        }
    }

    private void Set(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                path = Path(value);
                break;
            case "linkpath":
                LinkName = Path(value);
                break;
            case "size":
                Size = Number(value);
                break;
            case "uid":
                UserId = Number(value);
                break;
            case "gid":
                GroupId = Number(value);
                break;
            case "mtime":
                ModifiedAt = Time(value);
                break;
            case "GNU.sparse.name":
                sparseName = Path(value);
                break;
            case "GNU.sparse.size" or "GNU.sparse.realsize":
                SparseLength = Number(value);
                break;
            case "GNU.sparse.offset" or "GNU.sparse.numbytes":
                sparseNumbers.Add(Number(value));
                break;
            case "GNU.sparse.map":
                foreach (var range in value.Split((byte)','))
                    sparseNumbers.Add(Number(value[range]));
                break;
            case "GNU.sparse.major":
                SparseMapInData = Number(value) == 1;
                break;
            default:
                if (key.StartsWith(AttributePrefix, StringComparison.Ordinal))
                    (attributes ??= new(StringComparer.Ordinal))[key[AttributePrefix.Length..]] = value.ToArray();
                break;
        }
    }

    /// <summary>No file system has names with zeros; what comes behind one would be told to some readers only.</summary>
    private static string Path(ReadOnlySpan<byte> value) =>
        value.Contains((byte)0) ? throw new InvalidDataException() : Encoding.Latin1.GetString(value);

    private static long Number(ReadOnlySpan<byte> value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidDataException();

    /// <summary>Seconds with decimals, rounded down.</summary>
    private static long Time(ReadOnlySpan<byte> value)
    {
        var dot = value.IndexOf((byte)'.');
        var whole = dot < 0 ? value : value[..dot];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw new InvalidDataException();
        var hasFraction = dot >= 0 && value[(dot + 1)..].ContainsAnyExcept((byte)'0');
        return hasFraction && value[0] == (byte)'-' ? seconds - 1 : seconds;
    }
}
