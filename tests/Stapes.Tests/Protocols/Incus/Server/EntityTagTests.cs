using Stapes.Core;
using Stapes.Protocols.Incus;
using Stapes.Protocols.Incus.Server;
using Stapes.Tests.Library;

namespace Stapes.Tests.Protocols.Incus.Server;

public class EntityTagTests
{
    [Fact]
    public void An_image_has_the_tag_that_Incus_gives_it()
    {
        var image = TestImages.Record(1) with
        {
            Properties = new Dictionary<string, string>
            {
                ["architecture"] = "x86_64",
                ["description"] = "Alpine edge x86_64 <test> & more",
                ["os"] = "Alpine",
                ["release"] = "edge",
                ["variant"] = "default",
            },
        };
        // Asked of Incus 7.0.2.
        EntityTag.Of(image).ShouldBe("e5863e141784189f57cbd4157c7cd54720c639e1bcaf54c589590774d221ea45");
    }

    [Fact]
    public void Tags_differ_with_every_editable_field()
    {
        var image = TestImages.Record(1);
        string[] tags =
        [
            EntityTag.Of(image),
            EntityTag.Of(image with { Public = true }),
            EntityTag.Of(image with { AutoUpdate = true }),
            EntityTag.Of(image with { Properties = new Dictionary<string, string> { ["a"] = "\u0001\t\"\\\u2028ü😀" } }),
        ];
        tags.Distinct().Count().ShouldBe(tags.Length);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("\"abc\"", true)]
    [InlineData("abc", true)]
    [InlineData("*", true)]
    [InlineData("\"abd\"", false)]
    [InlineData("W/\"abc\"", false)]
    public void A_condition_holds_for_its_own_tag(string condition, bool holds)
    {
        if (holds)
            EntityTag.Check(condition, "abc");
        else
            Should.Throw<StapesException>(() => EntityTag.Check(condition, "abc")).Kind.ShouldBe(ErrorKind.PreconditionFailed);
    }

    [Fact]
    public void An_alias_has_a_tag_over_all_that_is_shown_of_it() =>
        EntityTag.Of(new AliasRecord { Name = "a", Target = "b" }).ShouldNotBe(EntityTag.Of(new AliasRecord { Name = "a", Target = "b", Type = "container" }));
}
