using Stapes.Core.Storage;

namespace Stapes.Tests.Shared;

/// <summary>A blob that is no file.</summary>
internal sealed class MemoryBlob(byte[] content, long? claimedLength = null) : Blob
{
    public override long Length => claimedLength ?? content.Length;

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
    {
        var count = (int)Math.Clamp(content.Length - offset, 0, buffer.Length);
        content.AsSpan((int)Math.Min(offset, content.Length), count).CopyTo(buffer.Span);
        return new(count);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
