using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Protocols.Incus.Server;
using Stapes.Tests.Library;

namespace Stapes.Tests.Protocols.Incus.Server;

public class ImageFilterTests
{
    private static readonly Image Debian = TestImages.Record(1) with
    {
        Public = true,
        FileName = "debian.tar.xz",
        Profiles = ["default", "big"],
        Properties = new Dictionary<string, string> { ["os"] = "Debian", ["release"] = "13", ["requirements.secureboot"] = "false", ["name"] = "Debian trixie" },
    };

    [Theory]
    [InlineData("public eq true", true)]
    [InlineData("public ne true", false)]
    [InlineData("not public eq true", false)]
    [InlineData("NOT public eq true", false)]
    [InlineData("public eq 1", true)]
    [InlineData("cached eq false and auto_update eq false", true)]
    [InlineData("properties.os eq debian", true)]
    [InlineData("properties.os eq DEBIAN", true)]
    [InlineData("properties.os eq deb", false)]
    [InlineData("properties.os eq deb.*", true)]
    [InlineData("properties.os eq ^deb", true)]
    [InlineData("properties.os eq bian$", true)]
    [InlineData("properties.os ne ubuntu", true)]
    [InlineData("properties.os eq ubuntu,debian", true)]
    [InlineData("properties.os eq ubuntu,alpine", false)]
    [InlineData("properties.os eq (", false)]
    [InlineData("properties.req.sec eq false", true)]
    [InlineData("properties.missing eq x", false)]
    [InlineData("properties.missing ne x", true)]
    [InlineData("properties.name eq \"Debian trixie\"", true)]
    [InlineData("properties.name eq \"Debian sid\"", false)]
    [InlineData("properties.os eq \"Debian\"", true)]
    [InlineData("architecture eq x86_64", true)]
    [InlineData("type eq container", true)]
    [InlineData("type eq virtual-machine or architecture eq x86_64", true)]
    [InlineData("filename eq debian.tar.xz", true)]
    [InlineData("size eq 1102", true)]
    [InlineData("size ne 1102", false)]
    [InlineData("project eq default", true)]
    [InlineData("profiles eq [\"default\",\"big\"]", true)]
    [InlineData("profiles ne [\"default\"]", true)]
    [InlineData("update_source.server eq x", false)]
    // From left to right: (false and true) or true.
    [InlineData("public eq false and type eq container or cached eq false", true)]
    [InlineData("public eq true or type eq container and cached eq true", false)]
    public void An_image_matches_as_it_does_in_Incus(string filter, bool matches) => ImageFilter.Parse(filter)!.Matches(Debian).ShouldBe(matches);

    [Theory]
    [InlineData("public")]
    [InlineData("public eq")]
    [InlineData("not")]
    [InlineData("public is true")]
    [InlineData("public eq maybe")]
    [InlineData("public eq true and")]
    [InlineData("public eq true xor cached eq true")]
    [InlineData("properties.os eq \"Debian")]
    [InlineData("size eq big")]
    [InlineData("profiles eq default")]
    [InlineData("nothing eq x")]
    [InlineData("expires_at eq x")]
    [InlineData("aliases eq x")]
    public void What_cannot_be_understood_is_invalid(string filter) =>
        Should.Throw<StapesException>(() => ImageFilter.Parse(filter)).Kind.ShouldBe(ErrorKind.Invalid);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void No_filter_is_none(string? filter) => ImageFilter.Parse(filter).ShouldBeNull();

    [Fact]
    public void A_filter_that_nobody_types_is_refused() =>
        Should.Throw<StapesException>(() => ImageFilter.Parse("properties.os eq " + new string('a', 5000)));

    [Theory]
    [InlineData("(a+)+")]
    [InlineData("(a|a)*(a|a)*(a|a)*b")]
    [InlineData("((a{1,500}){1,500}){1,500}b")]
    public void A_pattern_that_would_take_others_forever_does_not(string pattern)
    {
        var image = Debian with { Properties = new Dictionary<string, string> { ["os"] = new string('a', 200) + "!" } };
        ImageFilter.Parse($"properties.os eq {pattern}")!.Matches(image).ShouldBeFalse();
    }
}
