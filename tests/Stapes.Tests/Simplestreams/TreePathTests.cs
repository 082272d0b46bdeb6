using CsCheck;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Tests.Simplestreams;

public sealed class TreePathTests
{
    [Theory]
    [InlineData("images/a", "images/a")]
    [InlineData("/images/a", "images/a")]
    [InlineData("./images//a/.", "images/a")]
    [InlineData("images/..a", "images/..a")]
    [InlineData("images/20240607_07:42/a b", "images/20240607_07:42/a b")]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("/", null)]
    [InlineData("./.", null)]
    [InlineData("..", null)]
    [InlineData("images/../a", null)]
    [InlineData("/../etc/passwd", null)]
    [InlineData("a\0b", null)]
    public void Paths_are_brought_into_one_form_or_refused(string? path, string? expected) => TreePath.Normalize(path).ShouldBe(expected);

    [Fact]
    public void No_path_ever_leaves_the_tree() => Gen.OneOfConst("/", ".", "..", "a", "\\", " ", "\0", "~", "%2e").Array[0, 12].Sample(parts =>
    {
        if (TreePath.Normalize(string.Concat(parts)) is not { } path)
            return;
        Path.GetFullPath(Path.Combine("/srv/tree", path)).ShouldStartWith("/srv/tree/");
        TreePath.Normalize(path).ShouldBe(path);
    }, iter: 3000);
}
