using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Protocols.Simplestreams;

/// <summary>Images as a store may hold them: few names, so that they collide in every way.</summary>
internal static class SomeImages
{
    private static readonly string[] Architectures = ["x86_64", "aarch64", "s390x"];

    private static readonly string?[] AliasNames =
    [
        "a", "b", "a/amd64", "a/x86_64", "a/s390x", "debian/13/default", "debian/13/default/amd64", "debian/13", "web shop", "x,y",
    ];

    private static readonly string?[] Serials = [null, null, "20250101_07:42", "20250102", "19990101", "nonsense"];

    private static readonly Gen<Image> OneImage =
        from number in Gen.Int[0, 1_000_000]
        from metadata in Gen.Int[0, 5]
        from architecture in Gen.OneOfConst(Architectures)
        from kind in Gen.Int[0, 4]
        from isPublic in Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false)))
        from created in Gen.Int[0, 4]
        from uploaded in Gen.Int[0, 2]
        from expires in Gen.Int[0, 3]
        from names in Gen.Select(
            Gen.OneOfConst(null, "debian", "ubuntu", " "), Gen.OneOfConst(null, "13", "12"), Gen.OneOfConst(null, "default", "cloud", "amd64"))
        from others in Gen.Select(
            Gen.OneOfConst(null, "false"), Gen.OneOfConst(Serials), Gen.OneOfConst(null, "release"), Gen.OneOfConst(null, "amd64", "x86_64", "s390x"))
        from aliases in Gen.OneOfConst(AliasNames).Array[0, 3]
        select Of(number.ToString(), metadata.ToString(), architecture, kind) with
        {
            Public = isPublic,
            CreatedAt = new DateTimeOffset(2025, 1, 1, 23, 58, 0, TimeSpan.Zero).AddMinutes(created),
            UploadedAt = new DateTimeOffset(2025, 2, 1, 0, 0, uploaded, TimeSpan.Zero),
            ExpiresAt = expires == 0 ? null : new DateTimeOffset(2030, 1, expires, 12, 0, 0, TimeSpan.Zero),
            Properties = Properties(("os", names.Item1), ("release", names.Item2), ("variant", names.Item3), ("requirements.secureboot", others.Item1),
                ("serial", others.Item2), ("label", others.Item3), ("architecture", others.Item4), ("description", "An image \"so\" <called> ☃")),
            Aliases = [.. aliases.Distinct().Select(name => new ImageAlias(name!, ""))],
        };

    /// <summary>Sets of images in which every alias leads to one image of each type and architecture.</summary>
    public static Gen<IReadOnlyList<Image>> Sets { get; } = OneImage.Array[0, 14].Select(Consistent);

    /// <param name="seed">Makes its root and so its fingerprint.</param>
    /// <param name="metadata">Makes its metadata.</param>
    /// <param name="architecture">The kernel's name.</param>
    /// <param name="kind">0 squashfs, 1 qcow2, 2 root tarball, 3 unified container, 4 unified virtual machine.</param>
    public static Image Of(string seed, string metadata = "m", string architecture = "x86_64", int kind = 0) => new()
    {
        Fingerprint = Digest($"image {seed} {metadata} {kind}"),
        Type = kind is 1 or 4 ? ImageType.VirtualMachine : ImageType.Container,
        Architecture = Architecture.Parse(architecture),
        Public = true,
        CreatedAt = new(2025, 1, 2, 3, 4, 5, TimeSpan.Zero),
        UploadedAt = new(2025, 1, 3, 3, 4, 5, TimeSpan.Zero),
        MetadataFile = new(kind >= 3 ? Digest($"image {seed} {metadata} {kind}") : Digest($"metadata {metadata}"), 1000, ".tar.xz"),
        RootFile = kind >= 3 ? null : new(Digest($"root {seed}"), 2000, kind switch { 0 => ".squashfs", 1 => ".qcow2", _ => ".tar.zst" }),
        RootFormat = kind switch { 0 => RootFormat.Squashfs, 1 => RootFormat.Qcow2, 2 => RootFormat.Tarball, _ => null },
    };

    public static Image With(this Image image, params (string Name, string? Value)[] properties) =>
        image with { Properties = PropertyDictionary.From(image.Properties).With(Properties(properties)) };

    public static Image Named(this Image image, params string[] aliases) =>
        image with { Aliases = [.. aliases.Select(static name => new ImageAlias(name, ""))] };

    public static ImageSnapshot Snapshot(long generation, params IEnumerable<Image> images) => ImageSnapshot.Create(generation, images, AliasesOf(images));

    public static Sha256Digest Digest(string text) => Sha256Digest.FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static IEnumerable<Alias> AliasesOf(IEnumerable<Image> images) =>
        from image in images
        from alias in image.Aliases
        group new AliasTarget(image.Type, image.Architecture, image.Fingerprint) by alias.Name into targets
        select new Alias { Name = targets.Key, Targets = [.. targets] };

    private static IReadOnlyList<Image> Consistent(Image[] images)
    {
        var taken = new HashSet<(ImageType, Architecture, string)>();
        return
        [
            .. images.DistinctBy(static i => i.Fingerprint)
                .Select(i => i with { Aliases = [.. i.Aliases.Where(a => taken.Add((i.Type, i.Architecture, a.Name)))] }),
        ];
    }

    private static PropertyDictionary Properties(params (string Name, string? Value)[] properties) =>
        PropertyDictionary.From(properties.Where(static p => p.Value is not null).Select(static p => KeyValuePair.Create(p.Name, p.Value!)));
}
