using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stapes.Core.Images;

/// <summary>
/// SHA-256 of bytes that come in pieces. It calls libcrypto directly: .NET's own classes first make the whole of OpenSSL ready, TLS and
/// configuration too, which takes longer than all the rest of a small command. Where there is no libcrypto.so.3, .NET's class does the work.
/// Source: OpenSSL manual, SHA256_Init(3).
/// </summary>
public sealed unsafe class Sha256Hasher : IDisposable
{
    /// <summary>The size of OpenSSL's SHA256_CTX is 112 bytes.</summary>
    private const int StateSize = 128;

    private static readonly Functions? Native = Functions.TryLoad();

    private readonly IncrementalHash? managed;
    private byte* state;

    public Sha256Hasher()
    {
        if (Native is null)
        {
            managed = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            return;
        }

        state = (byte*)NativeMemory.AllocZeroed(StateSize);
        Native.Initialize(state);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (managed is not null)
        {
            managed.AppendData(bytes);
            return;
        }

        ObjectDisposedException.ThrowIf(state is null, this);
        fixed (byte* data = bytes)
            Native!.Update(state, data, (nuint)bytes.Length);
    }

    /// <summary>The digest of all that was appended. Ends the hasher's use.</summary>
    public Sha256Digest Finish()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (managed is not null)
        {
            managed.GetHashAndReset(digest);
            return Sha256Digest.FromBytes(digest);
        }

        ObjectDisposedException.ThrowIf(state is null, this);
        fixed (byte* target = digest)
            Native!.Final(target, state);
        Dispose();
        return Sha256Digest.FromBytes(digest);
    }

    public void Dispose()
    {
        managed?.Dispose();
        NativeMemory.Free(state);
        state = null;
    }

    private sealed class Functions(nint initialize, nint update, nint final)
    {
        public static Functions? TryLoad() =>
            NativeLibrary.TryLoad("libcrypto.so.3", out var library)
            && NativeLibrary.TryGetExport(library, "SHA256_Init", out var initialize)
            && NativeLibrary.TryGetExport(library, "SHA256_Update", out var update)
            && NativeLibrary.TryGetExport(library, "SHA256_Final", out var final)
                ? new(initialize, update, final)
                : null;

        public void Initialize(byte* state) => Require(((delegate* unmanaged<byte*, int>)initialize)(state));

        public void Update(byte* state, byte* data, nuint length) => Require(((delegate* unmanaged<byte*, byte*, nuint, int>)update)(state, data, length));

        public void Final(byte* digest, byte* state) => Require(((delegate* unmanaged<byte*, byte*, int>)final)(digest, state));

        private static void Require(int result)
        {
            if (result != 1)
                throw new CryptographicException("libcrypto refuses to compute SHA-256");
        }
    }
}
