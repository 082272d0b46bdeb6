using System.Text;
using Stapes.Core.Images;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Tests.Simplestreams;

public sealed class ClientViewTests
{
    private const string Split = """
        "incus.tar.xz": {"ftype":"incus.tar.xz","path":"images/m.tar.xz","sha256":"m","size":10,"combined_squashfs_sha256":"ms","combined_sha256":"mt","combined_disk-kvm-img_sha256":"md"},
        "root": {"ftype":"squashfs","path":"images/s","sha256":"s","size":100}
        """;

    [Fact]
    public void A_split_container_has_the_properties_that_Incus_makes_up()
    {
        var image = List(Product(Split, more: """ "support_eol":"2027-05-01","version":"3.22.1","requirements":{"secureboot":"false","empty":""} """)).Images.ShouldHaveSingleItem();
        image.Fingerprint.ShouldBe("ms");
        image.Type.ShouldBe(ImageType.Container);
        image.Architecture.Name.ShouldBe("x86_64");
        image.Size.ShouldBe(110);
        image.FileName.ShouldBe("m.tar.xz");
        image.CreatedAt.ShouldBe(new(2024, 6, 7, 0, 0, 0, TimeSpan.Zero));
        image.ExpiresAt.ShouldBe(new(2027, 5, 1, 0, 0, 0, TimeSpan.Zero));
        image.Properties.ShouldBe(new Dictionary<string, string>
        {
            ["os"] = "Alpine", ["release"] = "3.22", ["version"] = "3.22.1", ["architecture"] = "amd64", ["serial"] = "202406070742", ["type"] = "squashfs",
            ["variant"] = "default", ["description"] = "Alpine 3.22 amd64 (202406070742)", ["requirements.secureboot"] = "false",
        }, ignoreOrder: true);
    }

    [Fact]
    public void The_description_names_the_variant_and_the_label() =>
        List(Product(Split, variant: "cloud", label: "daily")).Images.Single().Description.ShouldBe("Alpine 3.22 amd64 (cloud) (daily) (202406070742)");

    [Theory]
    [InlineData("squashfs", "ms", ImageType.Container)]
    [InlineData("root.tar.xz", "mt", ImageType.Container)]
    [InlineData("disk-kvm.img", "md", ImageType.VirtualMachine)]
    public void The_type_of_the_root_decides_the_fingerprint_and_the_type(string fileType, string fingerprint, ImageType type)
    {
        var image = List(Product(Split.Replace("\"squashfs\"", $"\"{fileType}\""))).Images.ShouldHaveSingleItem();
        (image.Fingerprint, image.Type, image.Properties.GetValueOrDefault("type", "")).ShouldBe((fingerprint, type, fileType));
    }

    [Theory]
    [InlineData("", ImageType.Container)]
    [InlineData(",\"combined_type\":\"virtual-machine\"", ImageType.VirtualMachine)]
    public void A_unified_image_says_itself_what_it_is(string more, ImageType type)
    {
        var image = List(Product($$"""
            "any": {"ftype":"incus_combined.tar.gz","path":"images/u","sha256":"u","size":7{{more}}}
            """)).Images.ShouldHaveSingleItem();
        (image.Fingerprint, image.Type, image.Size, image.Properties.GetValueOrDefault("type", "")).ShouldBe(("u", type, 7, "tar.gz"));
    }

    [Fact]
    public void Incus_and_LXD_read_their_own_items()
    {
        var product = Product(Split + """, "lxd": {"ftype":"lxd.tar.xz","path":"images/l","sha256":"l","combined_squashfs_sha256":"ls"} """);
        List(product).Images.Single().Fingerprint.ShouldBe("ms");
        List(product, Audience.Lxd).Images.Single().Fingerprint.ShouldBe("ls");
    }

    [Theory]
    [InlineData("\"amd64\"", "\"vax\"", null, "its architecture \"vax\" is unknown")]
    [InlineData("\"amd64\"", "1", null, "its architecture \"\" is unknown")]
    [InlineData("202406070742", "daily", "daily", "does not start with a date")]
    [InlineData("\"ms\"", "\"\"", "202406070742", "has no combined_squashfs_sha256")]
    [InlineData("\"images/m.tar.xz\"", "null", "202406070742", "has no path")]
    public void What_a_client_passes_over_is_told(string old, string replacement, string? serial, string reason)
    {
        var (images, skipped) = List(Product(Split).Replace(old, replacement));
        images.ShouldBeEmpty();
        var skip = skipped.ShouldHaveSingleItem();
        (skip.Product, skip.Serial).ShouldBe(("p", serial));
        skip.Reason.ShouldContain(reason);
    }

    [Fact]
    public void Values_of_another_type_are_no_values() =>
        List("""{"products":{"p":{"arch":"amd64","os":1,"aliases":[],"requirements":[],"versions":{"20240607":{"items":{"a":1,"b":{"ftype":2}},"label":{}},"20240608":[]}},"q":1}}""")
            .Images.ShouldBeEmpty();

    [Fact]
    public void The_first_image_in_the_order_of_clients_wins_an_alias()
    {
        string[] products =
        [
            Entry("b", "edge, blank,edge", "amd64", "\"Alpine\"", Version("20240601", "ms") + "," + Version("20240602", "newer")),
            Entry("a", "edge", "arm64", "\"Alpine\"", Version("20240601", "arm")),
            Entry("c", "edge", "amd64", "\"Zorin\"", Version("20240609", "zorin")),
            Entry("d", "edge", "amd64", "\"Zorin\"", Version("20240609", "vm").Replace("squashfs\"", "disk-kvm.img\"")),
            Entry("e", "none", "amd64", "null", Version("20240609", "nameless")),
        ];
        var json = "{\"products\":{" + string.Join(',', products) + "}}";
        var local = Architecture.Parse("x86_64");
        var table = AliasTable.Apply(List(json).Images, local);
        table.Select(static i => $"{i.Fingerprint} {i.Type.ToName()} {string.Join('|', i.Aliases)}").ShouldBe(
        [
            "newer container edge|edge/amd64| blank| blank/amd64",
            "ms container ",
            "arm container edge/arm64",
            "zorin container ",
            "md virtual-machine edge|edge/amd64",
            "nameless container none|none/amd64",
        ]);
    }

    private static string Entry(string name, string aliases, string architecture, string os, string versions) =>
        $"\"{name}\":{{\"aliases\":\"{aliases}\",\"arch\":\"{architecture}\",\"os\":{os},\"release\":\"1\",\"versions\":{{{versions}}}}}";

    private static string Version(string serial, string fingerprint) => $"\"{serial}\":{{\"items\":{{{Split.Replace("ms", fingerprint)}}}}}";

    private static string Product(string items, string variant = "default", string? label = null, string? more = null) =>
        "{\"products\":{\"p\":{\"aliases\":\"a\",\"arch\":\"amd64\",\"os\":\"Alpine\",\"release\":\"3.22\",\"release_title\":\"3.22\",\"variant\":\"" + variant + "\","
        + (more is null ? "" : more + ",")
        + "\"versions\":{\"202406070742\":{\"items\":{" + items + "}" + (label is null ? "" : ",\"label\":\"" + label + "\"") + "}}}}}";

    private static (List<ListedImage> Images, List<ClientView.Skip> Skipped) List(string json, Audience audience = Audience.Incus)
    {
        var skipped = new List<ClientView.Skip>();
        return (ClientView.Images(ProductsFile.Parse("images.json", Encoding.UTF8.GetBytes(json)).Products, audience, skipped.Add).ToList(), skipped);
    }
}
