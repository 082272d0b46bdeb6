using System.Text;
using CsCheck;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Serving;
using Audience = Stapes.Protocols.Simplestreams.Audience;

namespace Stapes.Tests.Protocols.Simplestreams.Serving;

public sealed class ServedIndexTests
{
    private static readonly Audience[] Audiences = [Audience.Incus, Audience.Lxd];

    [Fact]
    public void Every_public_image_is_listed_once_for_Incus_and_once_for_LXD_and_no_other() => SomeImages.Sets.Sample(images =>
    {
        var visible = images.Where(static i => i.Public).ToList();
        foreach (var audience in Audiences)
            Listed(images, audience).Select(static i => i.Fingerprint).Order().ShouldBe(visible.Select(static i => i.Fingerprint.Hex).Order());
        var text = Encoding.UTF8.GetString(Write(images).Span);
        foreach (var hidden in images.Where(static i => !i.Public))
        {
            text.ShouldNotContain(hidden.Fingerprint.Hex);
            if (!visible.Exists(i => i.RootFile?.Digest == hidden.RootFile?.Digest) && hidden.RootFile is { } root)
                text.ShouldNotContain(root.Digest.Hex);
        }
    }, iter: 400);

    [Fact]
    public void Every_alias_leads_clients_where_it_leads_in_the_store() => SomeImages.Sets.Sample(images =>
    {
        var visible = images.Where(static i => i.Public).ToList();
        foreach (var audience in Audiences)
        {
            var claims = Claims(images, audience);
            foreach (var ((type, architecture, name), fingerprint) in claims)
            {
                var targets = visible.Where(i => i.Architecture == architecture && i.Aliases.Any(a => a.Name == name)).ToList();
                // A name of nothing in the store is a client's or an index's own.
                if (!visible.Exists(i => i.Aliases.Any(a => a.Name == name)))
                    continue;
                var target = targets.Find(i => i.Type == type) ?? targets.Find(i => TypeFor(i, audience) == type);
                target.ShouldNotBeNull(name).Fingerprint.Hex.ShouldBe(fingerprint, $"{audience} {name}");
            }
        }
    }, iter: 400);

    [Fact]
    public void No_alias_is_left_out_unless_clients_could_not_tell_it_from_another() => SomeImages.Sets.Sample(images =>
    {
        var visible = images.Where(static i => i.Public).ToList();
        foreach (var audience in Audiences)
        {
            var claims = Claims(images, audience);
            foreach (var image in visible)
            {
                foreach (var name in image.Aliases.Select(static a => a.Name).Where(static n => !n.Contains(',', StringComparison.Ordinal)))
                {
                    var type = TypeFor(image, audience);
                    var isTakenByContainer = type != image.Type && visible.Exists(i =>
                        i.Type == type && i.Architecture == image.Architecture && i.Aliases.Any(a => image.Aliases.Any(b => b.Name == a.Name)));
                    // Whichever name of the architecture is written, clients derive from one of the aliases what is an alias itself.
                    var isAmbiguous = new[] { image.Architecture.Name, image.Architecture.DebianName }.All(n =>
                        visible.Exists(i => i.Aliases.Any(a => image.Aliases.Any(b => a.Name == $"{b.Name}/{n}"))));
                    if (!isTakenByContainer && !isAmbiguous)
                        claims[(type, image.Architecture, name)].ShouldBe(image.Fingerprint.Hex, $"{audience} {name}");
                }
            }
        }
    }, iter: 400);

    [Fact]
    public void No_two_products_claim_an_alias_of_one_type_and_architecture() => SomeImages.Sets.Sample(images =>
    {
        foreach (var audience in Audiences)
        {
            var claims = from image in Listed(images, audience)
                         from alias in image.Product.Aliases
                         from name in new[] { alias, $"{alias}/{image.Product.Architecture}" }
                         group image.Product.Name by (image.Type, image.Architecture, name);
            foreach (var claim in claims)
                claim.Distinct().ShouldHaveSingleItem();
        }
    }, iter: 300);

    [Fact]
    public void What_an_index_can_say_of_an_image_it_says() => SomeImages.Sets.Sample(images =>
    {
        var byFingerprint = images.ToDictionary(static i => i.Fingerprint.Hex);
        foreach (var listed in Listed(images, Audience.Incus))
        {
            var image = byFingerprint[listed.Fingerprint];
            listed.Type.ShouldBe(image.Type);
            listed.Architecture.ShouldBe(image.Architecture);
            listed.Size.ShouldBe(image.Size);
            listed.CreatedAt.ShouldBe(new DateTimeOffset(image.CreatedAt.UtcDateTime.Date, TimeSpan.Zero));
            listed.MetadataItem.Sha256.ShouldBe(image.MetadataFile.Digest.Hex);
            listed.RootItem?.Sha256.ShouldBe(image.RootFile!.Digest.Hex);
            listed.Properties.GetValueOrDefault("requirements.secureboot", "").ShouldBe(image.Properties.GetValueOrDefault("requirements.secureboot", ""));
            listed.Properties.GetValueOrDefault("label", "").ShouldBe(image.Properties.GetValueOrDefault("label", ""));
            foreach (var name in (string[])["os", "release", "variant", "serial"])
                listed.Properties.GetValueOrDefault(name, "").ShouldNotBeEmpty();
            foreach (var name in new[] { "os", "release", "variant" }.Where(n => !string.IsNullOrWhiteSpace(image.Properties.GetValueOrDefault(n))))
                listed.Properties.GetValueOrDefault(name, "").ShouldBe(image.Properties[name]);
        }
    }, iter: 200);

    [Fact]
    public void Equal_images_give_equal_bytes_with_sorted_keys() => Gen.Select(SomeImages.Sets, Gen.Int).Sample((images, seed) =>
    {
        var bytes = Write(images);
        var shuffled = images.ToArray();
        new Random(seed).Shuffle(shuffled);
        Write(shuffled).Span.SequenceEqual(bytes.Span).ShouldBeTrue();
        Json.ToSortedBytes(Json.ParseObject(bytes.ToArray(), "images.json")).ShouldBe(bytes.ToArray());
    }, iter: 200);

    [Fact]
    public void Images_that_are_described_alike_are_versions_of_one_product()
    {
        var images = Enumerable.Range(0, 3).Select(n => Debian($"{n}", n)).ToList();
        images[2] = images[2].Named("debian/13");
        var product = ServedIndex.Of(images).ShouldHaveSingleItem();
        product.Name.ShouldBe("debian:13:default:amd64");
        product.Aliases.ShouldBe(["debian/13", "debian/13/default"]);
        product.Versions.Select(static v => v.Serial).ShouldBe(["202501020300", "202501020301", "202501020302"]);
        product.Newest.ShouldBe(images[2]);
    }

    [Fact]
    public void An_alias_of_an_older_image_gives_it_a_product_of_its_own()
    {
        var images = Enumerable.Range(0, 3).Select(n => Debian($"{n}", n)).ToList();
        images[1] = images[1].Named("stable");
        var products = ServedIndex.Of(images);
        products.Select(static p => (p.Name, string.Join(' ', p.Aliases), p.Versions.Count)).ShouldBe(
        [
            ("debian:13:default:amd64", "debian/13/default", 2),
            ($"debian:13:default:amd64:{images[1].Fingerprint.Hex[..12]}", "stable", 1),
        ]);
    }

    [Fact]
    public void Images_of_the_same_minute_get_serials_in_the_order_of_their_upload()
    {
        var images = Enumerable.Range(0, 1100).Select(n => Debian($"{n}", 0) with { UploadedAt = DateTimeOffset.UnixEpoch.AddSeconds(n) }).ToList();
        var versions = ServedIndex.Of(images).ShouldHaveSingleItem().Versions;
        versions.Select(static v => v.Images[0]).ShouldBe(images);
        versions.Select(static v => v.Serial).ShouldBe(versions.Select(static v => v.Serial).Order(StringComparer.Ordinal).Distinct());
        versions.ShouldAllBe(static v => v.Serial.StartsWith("202501020300", StringComparison.Ordinal) && Serial.IsValid(v.Serial));
        versions[1].Serial.ShouldBe("202501020300.001");
    }

    [Fact]
    public void A_container_and_a_machine_of_the_same_metadata_are_one_version()
    {
        var container = Debian("c", 0).Named("debian/13");
        var machine = SomeImages.Of("v", kind: 1).With(("os", "debian"), ("release", "13")).Named("debian/13") with { CreatedAt = container.CreatedAt };
        var version = ServedIndex.Of([container, machine]).ShouldHaveSingleItem().Versions.ShouldHaveSingleItem();
        version.Images.Count.ShouldBe(2);
        var file = ProductsFile.Parse("images.json", Write([container, machine]));
        file.Products.Single().Versions.Single().Items.Select(static i => i.Key).ShouldBe(["disk-kvm.img", "incus.tar.xz", "lxd.tar.xz", "squashfs"]);
    }

    [Fact]
    public void An_image_without_properties_is_named_after_its_alias_and_its_fingerprint()
    {
        var named = SomeImages.Of("1").Named("shop/2025").With(("description", "The web shop"));
        var nameless = SomeImages.Of("2");
        var products = ServedIndex.Of([named, nameless]);
        products.Select(static p => p.Name).ShouldBe([$"image:{nameless.Fingerprint.Hex[..12]}:default:amd64", $"shop:{named.Fingerprint.Hex[..12]}:default:amd64"]);
        products.Select(static p => string.Join(' ', p.Aliases)).ShouldBe(["", "shop/2025"]);
        Listed([named], Audience.Incus).Single().Properties["description"].ShouldBe("shop The web shop amd64 (202501020304)");
    }

    [Fact]
    public void A_new_image_without_an_alias_does_not_take_the_alias_of_the_old_one()
    {
        var old = Debian("old", 0).Named("debian/13");
        var products = ServedIndex.Of([old, Debian("new", 1)]);
        products.Count.ShouldBe(2);
        Claims([old, Debian("new", 1)], Audience.Incus)[(ImageType.Container, old.Architecture, "debian/13")].ShouldBe(old.Fingerprint.Hex);
    }

    [Fact]
    public void LXD_gets_no_alias_of_a_unified_machine_that_leads_to_a_container_too()
    {
        var container = Debian("c", 0).Named("debian/13");
        var machine = SomeImages.Of("v", kind: 4).With(("os", "debian"), ("release", "13")).Named("debian/13");
        var claims = Claims([container, machine], Audience.Lxd);
        claims[(ImageType.Container, container.Architecture, "debian/13")].ShouldBe(container.Fingerprint.Hex);
        Claims([container, machine], Audience.Incus)[(ImageType.VirtualMachine, container.Architecture, "debian/13")].ShouldBe(machine.Fingerprint.Hex);
    }

    [Fact]
    public void The_product_ends_when_its_newest_image_does_and_tells_both_clients_its_requirements()
    {
        var image = (Debian("1", 0) with { ExpiresAt = new DateTimeOffset(2030, 5, 6, 23, 0, 0, TimeSpan.Zero) }).With(("secureboot", "false"), ("requirements.cgroup", "v2"));
        var product = ProductsFile.Parse("images.json", Write([image])).Products.Single();
        product.SupportEol.ShouldBe("2030-05-06");
        product.Requirements.Select(static r => $"{r.Key}={r.Value}").ShouldBe(["cgroup=v2", "secureboot=false"]);
        product.Node["lxd_requirements"]!.ToJsonString().ShouldBe("""{"cgroup":"v2","secureboot":"false"}""");
    }

    [Fact]
    public void An_index_of_nothing_is_still_an_index()
    {
        Encoding.UTF8.GetString(IndexWriter.WriteIndex([]).Span).ShouldBe(
            """{"format":"index:1.0","index":{"images":{"datatype":"image-downloads","format":"products:1.0","path":"streams/v1/images.json","products":[]}}}""");
        ProductsFile.Parse("images.json", Write([])).Products.ShouldBeEmpty();
    }

    private static Image Debian(string seed, int minute) => SomeImages.Of(seed).With(("os", "debian"), ("release", "13"), ("architecture", "amd64")) with
    {
        CreatedAt = new(2025, 1, 2, 3, minute, 0, TimeSpan.Zero),
    };

    private static ImageType TypeFor(Image image, Audience audience) =>
        audience is Audience.Lxd && image.RootFile is null ? ImageType.Container : image.Type;

    private static ReadOnlyMemory<byte> Write(IEnumerable<Image> images) => IndexWriter.WriteProducts(ServedIndex.Of([.. images.Where(static i => i.Public)]));

    private static List<ListedImage> Listed(IEnumerable<Image> images, Audience audience)
    {
        var skips = new List<ClientView.Skip>();
        var listed = ClientView.Images(ProductsFile.Parse("images.json", Write(images)).Products, audience, skips.Add).ToList();
        skips.ShouldBeEmpty();
        return listed;
    }

    /// <summary>Every name under which a client finds an image, the derived ones too.</summary>
    private static Dictionary<(ImageType, Architecture, string), string> Claims(IEnumerable<Image> images, Audience audience) =>
        (from byArchitecture in Listed(images, audience).GroupBy(static i => i.Architecture)
         from image in AliasTable.Apply(byArchitecture, byArchitecture.Key)
         from name in image.Aliases
         select (Key: (image.Type, image.Architecture, name), image.Fingerprint)).ToDictionary(static c => c.Key, static c => c.Fingerprint);
}
