#pragma warning disable MA0025 // The bodies follow.
using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>The files of an image, read and on the disk, but not visible yet. Disposed without being added, it leaves nothing.</summary>
public sealed class StagedUpload : IDisposable
{
    /// <summary>What was read.</summary>
    public ReadImage Image => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
