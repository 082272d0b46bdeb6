using Microsoft.Win32.SafeHandles;
using Stapes.Core.Storage;

namespace Stapes.Tests.Shared;

/// <summary>A blob that is a file.</summary>
internal sealed class FileBlob(string path) : Blob
{
    private readonly SafeFileHandle handle = System.IO.File.OpenHandle(path);

    public override long Length => RandomAccess.GetLength(handle);

    public override SafeFileHandle File => handle;

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation) =>
        RandomAccess.ReadAsync(handle, buffer, offset, cancellation);

    public override ValueTask DisposeAsync()
    {
        handle.Dispose();
        return ValueTask.CompletedTask;
    }
}
