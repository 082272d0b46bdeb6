using Microsoft.Win32.SafeHandles;

namespace Stapes.Protocols.Shared;

/// <summary>
/// The output of a connection that can send bytes from where they lie. Without it the bytes of a prepared answer are copied once before
/// they are sent or encrypted. A feature of the connection; of use for HTTP/1 only, because HTTP/2 cuts answers into frames.
/// </summary>
public interface IReadyOutput
{
    /// <summary>How many bytes of a file it sends at a time without reading them; 0 when it has to, to encrypt them.</summary>
    int LargestFilePart { get; }

    /// <summary>
    /// The next call of GetMemory with a hint of just this length gets these bytes, unless the server had to put something between: then it
    /// gets others, as ever. Nobody may change them before they are sent.
    /// </summary>
    void Offer(Memory<byte> bytes);

    /// <summary>The same for a part of a file, which has to be there: the connection ends where the file does.</summary>
    /// <returns>What GetMemory gives when the part will be sent. It stands for the bytes, and is neither read nor written.</returns>
    Memory<byte> Offer(SafeFileHandle file, long offset, int length);
}
