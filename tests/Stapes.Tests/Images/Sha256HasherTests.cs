using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Tests.Images;

public sealed class Sha256HasherTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(17, 4096)]
    [InlineData(63, 70_001)]
    [InlineData(64, 1 << 20)]
    [InlineData(100, (1 << 20) + 5)]
    public async Task Two_digests_of_the_same_bytes_are_those_that_each_has_by_itself(int before, int size)
    {
        var bytes = new byte[before + (2 * size)];
        new Random(3).NextBytes(bytes);
        using var whole = new Sha256Hasher();
        using var end = new Sha256Hasher();
        whole.Append(bytes.AsSpan(0, before));

        foreach (var consume in Sha256Hasher.Consumers([end, whole]))
        {
            await consume(bytes.AsMemory(before, size));
            await consume(bytes.AsMemory(before + size));
        }

        whole.Finish().ShouldBe(Sha256Digest.FromBytes(SHA256.HashData(bytes)));
        end.Finish().ShouldBe(Sha256Digest.FromBytes(SHA256.HashData(bytes.AsSpan(before))));
    }
}
