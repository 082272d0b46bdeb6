using System.Runtime.InteropServices;

namespace Stapes.Core.Images;

/// <summary>
/// Two SHA-256 digests of the same bytes for little more than the time of one: the instructions for it wait for each other within a digest,
/// and not between two. libcrypto has a function for that which it keeps to itself, so that only a program can call it that libcrypto was
/// linked into. Before its first use it has to give what the ordinary functions give. Source: OpenSSL, <c>crypto/sha/asm/sha256-mb-x86_64.pl</c>.
/// </summary>
internal static unsafe partial class Sha256Lanes
{
    /// <summary>Less is hashed sooner one after the other.</summary>
    public const int LeastSize = 1 << 12;

    private const int BlockSize = 64;
    private const int Words = 8;

    /// <summary>The layout of SHA256_CTX, in words: the digest so far, the count of bits in two, a block, and how many bytes of it there are.</summary>
    private const int CountAt = 8;
    private const int PendingAt = 26;
    private const int StateSize = 28;

    /// <summary>The name that Stapes.csproj links it under, where it can.</summary>
    private const string Linked = "libcrypto-lanes";

    private const string Library = "libcrypto.so.3";

    public static bool AreThere { get; } = IsLoadable() && AreRight();

    /// <summary>Appends to both what neither has seen.</summary>
    /// <param name="first">A SHA256_CTX.</param>
    /// <param name="second">Another one.</param>
    /// <param name="bytes">What is appended.</param>
    public static void Append(uint* first, uint* second, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var end = start + bytes.Length;
            var one = FillBlock(first, start, end);
            var two = FillBlock(second, start, end);
            var blocks = (int)(Math.Min(end - one, end - two) / BlockSize);
            if (blocks > 0)
            {
                Run(first, second, one, two, blocks);
                one += blocks * BlockSize;
                two += blocks * BlockSize;
            }

            _ = SHA256_Update(first, one, (nuint)(end - one));
            _ = SHA256_Update(second, two, (nuint)(end - two));
        }
    }

    /// <summary>Ends the block that a digest is in; answers what follows.</summary>
    private static byte* FillBlock(uint* state, byte* start, byte* end)
    {
        var missing = Math.Min((BlockSize - (int)state[PendingAt]) % BlockSize, end - start);
        _ = SHA256_Update(state, start, (nuint)missing);
        return start + missing;
    }

    private static void Run(uint* first, uint* second, byte* one, byte* two, int blocks)
    {
        // Each word of the digest for eight lanes, of which two are used.
        var memory = stackalloc uint[(Words * 8) + 16];
        var lanes = (uint*)(((nuint)memory + 63) & ~(nuint)63);
        var inputs = stackalloc Input[4];
        new Span<Input>(inputs, 4).Clear();
        (inputs[0], inputs[1]) = (new() { Start = one, Blocks = blocks }, new() { Start = two, Blocks = blocks });
        for (var i = 0; i < Words; i++)
            (lanes[i * 8], lanes[(i * 8) + 1]) = (first[i], second[i]);
        sha256_multi_block(lanes, inputs, 1);
        for (var i = 0; i < Words; i++)
            (first[i], second[i]) = (lanes[i * 8], lanes[(i * 8) + 1]);
        *(ulong*)(first + CountAt) += (ulong)blocks * BlockSize * 8;
        *(ulong*)(second + CountAt) += (ulong)blocks * BlockSize * 8;
    }

    private static bool IsLoadable()
    {
        try
        {
            var inputs = stackalloc Input[4];
            new Span<Input>(inputs, 4).Clear();
            var lanes = stackalloc uint[(Words * 8) + 16];
            sha256_multi_block((uint*)(((nuint)lanes + 63) & ~(nuint)63), inputs, 1);
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool AreRight()
    {
        Span<byte> bytes = stackalloc byte[1000];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i * 31 % 251);
        var states = stackalloc uint[4 * StateSize];
        fixed (byte* data = bytes)
        {
            for (var i = 0; i < 4; i++)
            {
                _ = SHA256_Init(states + (i * StateSize));
                _ = SHA256_Update(states + (i * StateSize), data, (nuint)(i % 2 * 29));
            }

            Append(states, states + StateSize, bytes);
            _ = SHA256_Update(states + (2 * StateSize), data, (nuint)bytes.Length);
            _ = SHA256_Update(states + (3 * StateSize), data, (nuint)bytes.Length);
        }

        var digests = stackalloc byte[4 * 32];
        for (var i = 0; i < 4; i++)
            _ = SHA256_Final(digests + (i * 32), states + (i * StateSize));
        return new ReadOnlySpan<byte>(digests, 64).SequenceEqual(new(digests + 64, 64));
    }

    /// <summary>OpenSSL's HASH_DESC: where the bytes of a lane are, and how many blocks of them.</summary>
    private struct Input
    {
        public byte* Start;
        public int Blocks;
    }

    [LibraryImport(Linked)]
    private static partial void sha256_multi_block(uint* lanes, Input* inputs, int four);

    [LibraryImport(Library)]
    private static partial int SHA256_Init(uint* state);

    [LibraryImport(Library)]
    private static partial int SHA256_Update(uint* state, byte* data, nuint length);

    [LibraryImport(Library)]
    private static partial int SHA256_Final(byte* digest, uint* state);
}
