using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Commands.Image;

public sealed class ImageColumnsTests
{
    private static readonly ImageRecord Image = new()
    {
        Fingerprint = new('a', 64),
        Aliases = [new("debian/12/cloud", ""), new("debian/12", ""), new("fedora/41", "")],
        Properties = new Dictionary<string, string> { ["os"] = "Debian", ["description"] = "Debian 12" },
        Size = 131072,
    };

    [Theory]
    [InlineData("l", "debian/12 (2 more)")]
    [InlineData("L", "debian/12\ndebian/12/cloud\nfedora/41")]
    [InlineData("f", "aaaaaaaaaaaa")]
    [InlineData("d", "Debian 12")]
    [InlineData("p", "no")]
    [InlineData("t", "CONTAINER")]
    [InlineData("s", "0.12MiB")]
    [InlineData("properties:os", "Debian")]
    [InlineData("properties:none", "")]
    public void A_column_shows_what_the_incus_client_shows(string column, string cell) => ImageColumns.Parse(column).Single().Cell(Image).ShouldBe(cell);

    [Fact]
    public void Letters_may_be_separated_by_commas() =>
        ImageColumns.Parse("lf,p,properties:os").Select(static c => c.Header).ShouldBe(["ALIAS", "FINGERPRINT", "PUBLIC", "OS"]);

    [Theory]
    [InlineData("lx", "Unknown column shorthand char 'x' in 'lx'")]
    [InlineData("l,", "Empty column entry (redundant, leading or trailing command) in 'l,'")]
    [InlineData("properties:", "Empty property name in 'properties:'")]
    public void Other_columns_are_refused(string columns, string message) =>
        Should.Throw<StapesException>(() => ImageColumns.Parse(columns)).Message.ShouldBe(message);
}
