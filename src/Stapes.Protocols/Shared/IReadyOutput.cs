namespace Stapes.Protocols.Shared;

/// <summary>
/// The output of a connection that can send bytes from where they lie. Without it the bytes of a prepared answer are copied once before
/// they are sent or encrypted. A feature of the connection; of use for HTTP/1 only, because HTTP/2 cuts answers into frames.
/// </summary>
public interface IReadyOutput
{
    /// <summary>
    /// The next call of GetMemory with a hint of just this length gets these bytes, unless the server had to put something between: then it
    /// gets others, as ever. Nobody may change them before they are sent.
    /// </summary>
    void Offer(Memory<byte> bytes);
}
