using Stapes.Commands.Image;

namespace Stapes.Tests.Commands.Image;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("debian/12", "local", "debian/12")]
    [InlineData("local:debian/12", "local", "debian/12")]
    [InlineData("images:a:b", "images", "a:b")]
    [InlineData(":x", "local", "x")]
    [InlineData("local:", "local", "default")]
    public void The_first_colon_ends_the_remote(string text, string remote, string name) => ImageName.Parse(text).ShouldBe(new(remote, name));

    [Fact]
    public void A_list_starts_with_a_remote_only_where_the_word_ends_with_a_colon()
    {
        ImageName.TakeRemote(["images:", "a"]).Remote.ShouldBe("images");
        ImageName.TakeRemote(["images:", "a"]).Others.ShouldBe(["a"]);
        ImageName.TakeRemote(["images:a"]).Others.ShouldBe(["images:a"]);
        ImageName.TakeRemote(["a=b:"]).Others.ShouldBe(["a=b:"]);
        ImageName.TakeRemote([]).Remote.ShouldBe("local");
    }
}
