using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

/// <summary>One short text, compressed once by the usual tool of each format: the tests need none of these tools.</summary>
internal static class Samples
{
    /// <summary>As <c>xz -9</c> makes it.</summary>
    public static readonly byte[] Xz = Convert.FromBase64String(
        "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4AA+ADJdACoaCKIDNd5Z8mDaOgU3mVg41aLjs2elIG/BDcmCJJHiVQ/He4dsMz75yd9t/QoJxgAAAAAAElcAY7jqMXsAAU4/"
        + "nfoa+B+2830BAAAAAARZWg==");

    /// <summary>As <c>xz -0 --block-size=16</c> makes it: four blocks.</summary>
    public static readonly byte[] XzOfFourBlocks = Convert.FromBase64String(
        "/Td6WFoAAATm1rRGAgAhAQwAAACPmEGcAQAPVGhlIHN0YXBlcyBpcyB0aAAqf/EQw+3ftwIAIQEMAAAAj5hBnAEAD2UgYm9uZSBuZXh0IHRvIHQAHGVfVKlZ8poCACEB"
        + "DAAAAI+YQZwBAA9oZSBpbmN1cy4gVGhlIHN0ALZcBZyA003pAgAhAQwAAACPmEGcAQAOYXBlcyBpcyBzbWFsbC4KAACWLvGn+I1RJgAEKBAoECgQJw8AAPaRrcsUFzsw"
        + "AwAAAAAEWVo=");

    /// <summary>The word "hello" with a dictionary of 1 GiB in its header.</summary>
    public static readonly byte[] XzWithHugeDictionary = Convert.FromBase64String(
        "/Td6WFoAAAFpIt42AgAhASQAAABeH8f5AQAEaGVsbG8AAAAAhqYQNgABGQW86OzLkEKZDQEAAAAAAVla");

    /// <summary>As <c>zstd --no-check</c> makes it.</summary>
    public static readonly byte[] ZstdWithoutChecksum = Convert.FromBase64String(
        "KLUv/SA/tQEAxAJUaGUgc3RhcGVzIGlzIHRoZSBib25lIG5leHQgdG9pbmN1cy4gc21hbGwuCgIATUkjCdMJ");

    private static readonly byte[] Gzip = Convert.FromBase64String(
        "H4sIAAAAAAACAwvJSFUoLkksSC1WyCxWKAHykvLzUhXyUitKFErywQKZecmlxXoKISgqi3MTc3L0uABJEXxHPwAAAA==");

    private static readonly byte[] Bzip2 = Convert.FromBase64String(
        "QlpoOTFBWSZTWXqNS1UAAAhTgAAQQAEEADpnzkAgAFRWgxDCYglU/UT01DGKFhyRJCit3d4YvMCRRbk0Nx3vytM84IMEkFctgKL4u5IpwoSD1GpaqA==");

    private static readonly byte[] Lzma = Convert.FromBase64String(
        "XQAAAAT//////////wAqGgiiAzXeWfJg2joFN5lYONWi47NnpSBvwQ3JgiSR4lUPx3uHbDM++cnfbf0KexY+X//RD4AA");

    private static readonly byte[] Zstd = Convert.FromBase64String(
        "KLUv/SQ/lQEAwsIJEMDrAI2DUGxXsPv+QY+OTRbAjLnz2tXAgrK5jDUiUZPsS+90+ZqEAgBNSSMJ0wmsXuAN");

    /// <summary>What every sample but the huge dictionary holds, with a line feed.</summary>
    public static byte[] Text { get; } = "The stapes is the bone next to the incus. The stapes is small.\n"u8.ToArray();

    public static byte[] Of(CompressionFormat format) => format switch
    {
        CompressionFormat.None => Text,
        CompressionFormat.Gzip => Gzip,
        CompressionFormat.Bzip2 => Bzip2,
        CompressionFormat.Xz => Xz,
        CompressionFormat.Lzma => Lzma,
        CompressionFormat.Zstd => Zstd,
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
