using System.Text;
using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>An index file as a server once sent it.</summary>
/// <param name="Body">The file.</param>
/// <param name="ETag">Its entity tag; empty for none.</param>
/// <param name="LastModified">When it changed, in the server's words; empty when it does not say.</param>
internal sealed record KeptIndex(ReadOnlyMemory<byte> Body, string ETag, string LastModified)
{
    /// <summary>When the server last said that this is how the file is.</summary>
    public DateTimeOffset CheckedAt { get; init; }
}

/// <summary>
/// Index files of one server on disk, each in a file of its own: a line that says what it is, the validators, each in a line, and the
/// bytes. The time of the last change is when the server was last asked. Only the user may read them: the server may want a password.
/// </summary>
/// <param name="root">The directory of all servers' caches.</param>
/// <param name="server">The server's URL.</param>
internal sealed class IndexCache(string root, string server)
{
    private const string Format = "stapes index 1";
    private const int Lines = 3;

    private readonly string directory = Path.Combine(root, Hash(server)[..32]);

    private string Staging => Path.Combine(directory, "tmp");

    /// <summary>Null when there is none that can be read.</summary>
    public KeptIndex? Read(string path)
    {
        try
        {
            var file = PathOf(path);
            ReadOnlyMemory<byte> bytes = File.ReadAllBytes(file);
            var lines = new string[Lines];
            for (var i = 0; i < Lines; i++)
            {
                var end = bytes.Span.IndexOf((byte)'\n');
                if (end < 0)
                    return null;
                lines[i] = Encoding.UTF8.GetString(bytes.Span[..end]);
                bytes = bytes[(end + 1)..];
            }

            return lines[0] == Format ? new(bytes, lines[1], lines[2]) { CheckedAt = new(File.GetLastWriteTimeUtc(file)) } : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that cannot be read is none.
            return null;
        }
    }

    /// <exception cref="IOException">It cannot be kept.</exception>
    public void Write(string path, KeptIndex index)
    {
        StagedFile.CleanUp(Staging);
        using var staged = StagedFile.Create(Staging);
        staged.Content.Write(Encoding.UTF8.GetBytes($"{Format}\n{index.ETag}\n{index.LastModified}\n"));
        staged.Content.Write(index.Body.Span);
        File.SetUnixFileMode(staged.Handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        staged.MoveTo(PathOf(path), published: false);
    }

    /// <summary>Notes that the server still has it so.</summary>
    public void Touch(string path) => File.SetLastWriteTimeUtc(PathOf(path), DateTime.UtcNow);

    private string PathOf(string path) => Path.Combine(directory, Hash(path)[..32]);

    private static string Hash(string text)
    {
        using var hasher = new Sha256Hasher();
        hasher.Append(Encoding.UTF8.GetBytes(text));
        return hasher.Finish().Hex;
    }
}
