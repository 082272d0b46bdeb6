using System.Runtime.InteropServices;

namespace Stapes.Core.Compression;

/// <summary>Owns an lzma_stream and what liblzma allocates for it, at an address that does not move.</summary>
internal sealed unsafe class LzmaHandle : SafeHandle
{
    public LzmaHandle()
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream)));

    public override bool IsInvalid => handle == 0;

    public LzmaStream* Stream
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (LzmaStream*)handle;
        }
    }

    protected override bool ReleaseHandle()
    {
        // Without an internal state there is nothing to end, and maybe no library to call.
        if (((LzmaStream*)handle)->IsInitialized)
            LibLzma.End((LzmaStream*)handle);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
