namespace Stapes.Core.Repositories;

/// <summary>What is wrong with a request to a repository, beyond what <see cref="ErrorKind"/> tells.</summary>
public enum RepositoryFault
{
    /// <summary>A manifest names blobs or manifests that the repository does not have.</summary>
    MissingContent,

    /// <summary>A manifest says another size of a blob than it has.</summary>
    WrongSize,

    /// <summary>The bytes are not those of the digest.</summary>
    WrongDigest,

    /// <summary>A manifest needs what was to be deleted.</summary>
    InUse,

    /// <summary>There is no such upload: it ended, expired, or was never begun.</summary>
    UnknownUpload,

    /// <summary>The blob has more bytes than the server takes.</summary>
    TooLarge,

    /// <summary>A chunk does not begin where the upload stands.</summary>
    WrongOffset,

    /// <summary>The caller has too many uploads running.</summary>
    TooManyUploads,
}

/// <summary>A request that a repository refuses.</summary>
public sealed class RepositoryException(RepositoryFault fault, ErrorKind kind, string message) : StapesException(kind, message)
{
    public RepositoryFault Fault { get; } = fault;

    /// <summary>The content that it is about, if any.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];
}
