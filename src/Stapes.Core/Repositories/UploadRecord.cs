namespace Stapes.Core.Repositories;

/// <summary>An upload that has begun and not ended; its bytes so far lie in a file of its own.</summary>
/// <param name="Id">Nobody can guess it.</param>
/// <param name="Repository">Where the blob is to go.</param>
/// <param name="Owner">Who began it.</param>
/// <param name="StartedAt">To the millisecond.</param>
public sealed record UploadRecord(Guid Id, string Repository, string Owner, DateTimeOffset StartedAt);
