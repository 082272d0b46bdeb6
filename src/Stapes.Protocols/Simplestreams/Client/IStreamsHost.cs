using Stapes.Core;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>Where a simplestreams tree lies: on a web server, or in a directory.</summary>
internal interface IStreamsHost : IDisposable
{
    /// <summary>Reads an index file; parsing it belongs to reading, so that nothing is kept that is none.</summary>
    /// <param name="path">Normalised, see <see cref="TreePath"/>.</param>
    /// <param name="parse">Throws <see cref="StapesException"/> for bytes that are no such file.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<T> ReadAsync<T>(string path, Func<ReadOnlyMemory<byte>, T> parse, CancellationToken cancellation);

    /// <summary>A file of an image.</summary>
    OpenRemoteFile File(string path);

    /// <summary>What messages call the place, or a file there.</summary>
    string Describe(string path);
}
