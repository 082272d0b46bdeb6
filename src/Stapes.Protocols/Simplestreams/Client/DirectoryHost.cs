using Stapes.Core;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>A tree on this machine, read as a web server would serve it.</summary>
internal sealed class DirectoryHost(string directory) : IStreamsHost
{
    private readonly string root = Path.GetFullPath(directory);

    public async Task<T> ReadAsync<T>(string path, Func<ReadOnlyMemory<byte>, T> parse, CancellationToken cancellation)
    {
        try
        {
            return parse(await System.IO.File.ReadAllBytesAsync(Describe(path), cancellation));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StapesException(ErrorKind.NotFound, $"There is no simplestreams tree in {root}: {path} is missing; `stapes tree add` makes one", e);
        }
    }

    public OpenRemoteFile File(string path) => (offset, _, _) => Task.FromResult(Open(Describe(path), offset));

    public string Describe(string path) => Path.Combine(root, path);

    public void Dispose()
    {
    }

    /// <summary>A file of this machine, read as if it came from elsewhere.</summary>
    public static RemoteBody Open(string path, long offset)
    {
        try
        {
            // Not opened before it is known to be a regular file: a pipe would wait for its writer.
            if (System.IO.File.GetAttributes(path) is var attributes && (attributes.HasFlag(FileAttributes.Directory) || attributes.HasFlag(FileAttributes.Device)))
                throw new StapesException(ErrorKind.NotFound, $"{path} is no regular file: restore it, or remove its image from the index");
            var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
            file.Position = Math.Min(offset, file.Length);
            return new(file) { Offset = file.Position, Total = file.Length };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StapesException(ErrorKind.NotFound, $"There is no {path}, which the index names: restore it, or remove its image from the index", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StapesException(ErrorKind.Forbidden, $"You may not read {path}: run as a user who may, or change its permissions", e);
        }
    }
}
