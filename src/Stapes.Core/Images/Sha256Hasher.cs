using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stapes.Core.Images;

/// <summary>
/// SHA-256 of bytes that come in pieces. It calls libcrypto directly: .NET's own classes first make the whole of OpenSSL ready, TLS and
/// configuration too, which takes longer than all the rest of a small command. Where there is no libcrypto.so.3, .NET's class does the work.
/// Source: OpenSSL manual, SHA256_Init(3).
/// </summary>
public sealed unsafe partial class Sha256Hasher : IDisposable
{
    /// <summary>The size of OpenSSL's SHA256_CTX is 112 bytes.</summary>
    private const int StateSize = 128;

    /// <summary>A part of the program where it was linked with it, see Stapes.csproj.</summary>
    private const string Library = "libcrypto.so.3";

    private static readonly bool HasNative = IsLoadable();

    private readonly IncrementalHash? managed;
    private byte* state;

    public Sha256Hasher()
    {
        if (!HasNative)
        {
            managed = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            return;
        }

        state = (byte*)NativeMemory.AllocZeroed(StateSize);
        Require(SHA256_Init(state));
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
            Require(SHA256_Update(state, data, (nuint)bytes.Length));
    }

    /// <summary>
    /// What takes the bytes for all of them: each by itself, so that they can work side by side; or one for two where that takes the
    /// time of one.
    /// </summary>
    internal static IReadOnlyList<Func<ReadOnlyMemory<byte>, ValueTask>> Consumers(IReadOnlyList<Sha256Hasher> hashers) => hashers switch
    {
        [var first, var second] when HasNative && Sha256Lanes.AreThere => [Consumer(bytes => AppendBoth(first, second, bytes.Span))],
        _ => [.. hashers.Select(static h => Consumer(bytes => h.Append(bytes.Span)))],
    };

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
            Require(SHA256_Final(target, state));
        Dispose();
        return Sha256Digest.FromBytes(digest);
    }

    public void Dispose()
    {
        managed?.Dispose();
        NativeMemory.Free(state);
        state = null;
    }

    private static Func<ReadOnlyMemory<byte>, ValueTask> Consumer(Action<ReadOnlyMemory<byte>> append) => bytes =>
    {
        append(bytes);
        return ValueTask.CompletedTask;
    };

    private static void AppendBoth(Sha256Hasher first, Sha256Hasher second, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Sha256Lanes.LeastSize)
        {
            first.Append(bytes);
            second.Append(bytes);
            return;
        }

        ObjectDisposedException.ThrowIf(first.state is null, first);
        ObjectDisposedException.ThrowIf(second.state is null, second);
        Sha256Lanes.Append((uint*)first.state, (uint*)second.state, bytes);
    }

    private static bool IsLoadable()
    {
        var state = stackalloc byte[StateSize];
        try
        {
            return SHA256_Init(state) == 1;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static void Require(int result)
    {
        if (result != 1)
            throw new CryptographicException("libcrypto refuses to compute SHA-256");
    }

    [LibraryImport(Library)]
    private static partial int SHA256_Init(byte* state);

    [LibraryImport(Library)]
    private static partial int SHA256_Update(byte* state, byte* data, nuint length);

    [LibraryImport(Library)]
    private static partial int SHA256_Final(byte* digest, byte* state);
}
