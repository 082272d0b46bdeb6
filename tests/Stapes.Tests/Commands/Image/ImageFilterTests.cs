using System.Text.Json;
using Stapes.Commands.Image;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Commands.Image;

public sealed class ImageFilterTests
{
    private static readonly ImageRecord Debian = new()
    {
        Fingerprint = "0123abcd",
        Type = "container",
        Size = 42,
        Public = true,
        Aliases = [new("debian/12", "")],
        Properties = new Dictionary<string, string> { ["os"] = "Debian", ["release"] = "12", ["requirements.secureboot"] = "false", ["odd"] = "a(b" },
    };

    [Theory]
    [InlineData("os=debian", "properties.os eq debian")]
    [InlineData("type=container", "type eq container")]
    [InlineData("properties.os=x", "properties.os eq x")]
    [InlineData("requirements.secureboot=false", "properties.requirements.secureboot eq false")]
    [InlineData("a=b=c", "properties.a eq b=c")]
    [InlineData("debian", "")]
    public void The_server_looks_for_fields_and_properties(string filter, string expected) => new ImageFilter([filter]).OfServer.ShouldBe(expected);

    [Fact]
    public void All_filters_of_the_server_have_to_hold() => new ImageFilter(["os=a", "free", "type=b"]).OfServer.ShouldBe("properties.os eq a and type eq b");

    [Theory]
    [InlineData(true, "0123")]
    [InlineData(true, "3ab")]
    [InlineData(true, "n/1")]
    [InlineData(false, "Debian")]
    [InlineData(true, "os=Debian")]
    [InlineData(false, "os=debian")]
    [InlineData(false, "os=Deb")]
    [InlineData(true, "os=^Deb")]
    [InlineData(true, "os=D.*n")]
    [InlineData(true, "rel=12")]
    [InlineData(true, "req.sec=false")]
    [InlineData(false, "req=false")]
    [InlineData(true, "odd=a(b")]
    [InlineData(true, "type=container")]
    [InlineData(true, "size=42")]
    [InlineData(false, "type=virtual-machine")]
    [InlineData(false, "nothing=")]
    public void Without_the_server_s_help_the_same_images_are_found(bool expected, string filter) => Matches(filter).ShouldBe(expected);

    [Fact]
    public void All_filters_have_to_hold()
    {
        Matches("debian", "os=Debian").ShouldBeTrue();
        Matches("debian", "os=Fedora").ShouldBeFalse();
        Matches().ShouldBeTrue();
    }

    private static bool Matches(params string[] filters) => new ImageFilter(filters).Matches(Debian, () => JsonSerializer.SerializeToElement(Debian, IncusJsonContext.Default.ImageRecord));
}
