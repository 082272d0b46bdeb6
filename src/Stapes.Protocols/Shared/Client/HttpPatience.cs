namespace Stapes.Protocols.Shared.Client;

/// <summary>How long a server may take. A body has no limit as a whole: images are large.</summary>
public sealed record HttpPatience
{
    /// <summary>For a connection, with its TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Until the headers of an answer are there, for a request without a body.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Until the next bytes of a body come.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so much waiting for a body at least <see cref="Rate"/> must have come; what the reader does with the bytes does not count.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes a second.</summary>
    public long Rate { get; init; } = 1024;
}
