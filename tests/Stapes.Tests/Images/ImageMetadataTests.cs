using System.Text;
using CsCheck;
using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Tests.Images;

public sealed class ImageMetadataTests
{
    private const string Minimum = "architecture: x86_64\ncreation_date: 1700000000\n";

    [Fact]
    public void What_an_image_builder_writes_is_read()
    {
        var metadata = Parse("""
            architecture: x86_64
            creation_date: 1700000000
            expiry_date: 1702592000
            properties:
              architecture: amd64
              description: Alpine 3.22 amd64 (20231114_22:13)
              os: Alpine
              release: "3.22"
              variant: default
            templates:
              /etc/hostname:
                when: [create, copy]
                template: hostname.tpl
            """);
        metadata.Architecture.Name.ShouldBe("x86_64");
        metadata.CreatedAt.ShouldBe(new(2023, 11, 14, 22, 13, 20, TimeSpan.Zero));
        metadata.ExpiresAt.ShouldBe(new(2023, 12, 14, 22, 13, 20, TimeSpan.Zero));
        metadata.Properties.ShouldBe(new Dictionary<string, string>
        {
            ["architecture"] = "amd64", ["description"] = "Alpine 3.22 amd64 (20231114_22:13)", ["os"] = "Alpine", ["release"] = "3.22", ["variant"] = "default",
        }, ignoreOrder: true);
    }

    [Theory]
    [InlineData("3.10", "3.10")]
    [InlineData("0x10", "0x10")]
    [InlineData("1e3", "1e3")]
    [InlineData("007", "007")]
    [InlineData("true", "true")]
    [InlineData("no", "no")]
    [InlineData("2024-06-07", "2024-06-07")]
    [InlineData("null", "")]
    [InlineData("~", "")]
    [InlineData("", "")]
    [InlineData("'null'", "null")]
    [InlineData("'it''s'", "it's")]
    [InlineData("|\n    two\n    lines", "two\nlines\n")]
    public void Properties_are_taken_as_they_are_written(string yaml, string expected) =>
        Parse($"{Minimum}properties:\n  key: {yaml}\n").Properties["key"].ShouldBe(expected);

    [Theory]
    [InlineData("properties:")]
    [InlineData("properties: {}")]
    [InlineData("properties: null")]
    [InlineData("other: 1")]
    public void Properties_may_be_missing(string line) => Parse(Minimum + line).Properties.ShouldBeEmpty();

    [Theory]
    [InlineData("\"architecture\": \"x86_64\"\n'creation_date': '1700000000'\n")]
    [InlineData("{\"architecture\": \"x86_64\", \"creation_date\": 1700000000}")]
    [InlineData("---\narchitecture: amd64\ncreation_date: 1700000000\n...\n")]
    [InlineData("architecture: &name x86_64\ncreation_date: !!int 1700000000\n")]
    [InlineData("\uFEFFarchitecture: x86_64\r\ncreation_date: 1700000000\r\n")]
    public void It_may_be_written_in_any_way_that_YAML_allows(string yaml)
    {
        var metadata = Parse(yaml);
        metadata.Architecture.Name.ShouldBe("x86_64");
        metadata.CreatedAt.ToUnixTimeSeconds().ShouldBe(1700000000);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("null")]
    [InlineData("")]
    public void No_expiry_date_is_none(string value) => Parse($"{Minimum}expiry_date: {value}\n").ExpiresAt.ShouldBeNull();

    [Theory]
    [InlineData("", "not a YAML mapping")]
    [InlineData("text", "not a YAML mapping")]
    [InlineData("- architecture: x86_64", "not a YAML mapping")]
    [InlineData("creation_date: 1700000000", "no architecture")]
    [InlineData("architecture:\ncreation_date: 1700000000", "no architecture")]
    [InlineData("architecture: [x86_64]\ncreation_date: 1700000000", "no architecture")]
    [InlineData("architecture: vax\ncreation_date: 1700000000", "architecture \"vax\" is unknown")]
    [InlineData("architecture: x86_64", "no creation date")]
    [InlineData("architecture: x86_64\ncreation_date: 0", "no creation date")]
    [InlineData("architecture: x86_64\ncreation_date: null", "no creation date")]
    [InlineData("architecture: x86_64\ncreation_date: -1", "\"-1\" is no time")]
    [InlineData("architecture: x86_64\ncreation_date: 9999999999999", "is no time")]
    [InlineData("architecture: x86_64\ncreation_date: 99999999999999999999999", "is no time")]
    [InlineData("architecture: x86_64\ncreation_date: 2024-06-07", "is no time")]
    [InlineData("architecture: x86_64\ncreation_date: {a: 1}", "is no time")]
    [InlineData(Minimum + "properties: text", "\"properties\" are not a mapping")]
    [InlineData(Minimum + "properties: [a]", "\"properties\" are not a mapping")]
    [InlineData(Minimum + "properties: {a: [b]}", "property \"a\" is not a plain value")]
    [InlineData(Minimum + "properties: {a: {b: c}}", "property \"a\" is not a plain value")]
    [InlineData(Minimum + "properties: {[a, b]: c}", "is not a plain value")]
    [InlineData(Minimum + "architecture: aarch64", "not valid YAML")]
    [InlineData("a: b: c", "not valid YAML")]
    [InlineData("a: 'b", "not valid YAML")]
    [InlineData("a: [b\nc: d", "not valid YAML")]
    [InlineData("%YAML 9.9\n---\na: b", "not valid YAML")]
    [InlineData("a: *b", "aliases")]
    [InlineData("a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]", "aliases")]
    public void What_cannot_be_used_is_told_in_one_line(string yaml, string expected)
    {
        var message = Failure(Encoding.UTF8.GetBytes(yaml));
        message.ShouldContain(expected);
        message.ShouldStartWith("image.tar.xz: metadata.yaml ");
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("[[]")]
    [InlineData("&a ")]
    [InlineData("!t ")]
    [InlineData("\"")]
    [InlineData("%")]
    [InlineData("a: b\n")]
    [InlineData("\n ")]
    public async Task A_megabyte_of_anything_is_refused_soon(string piece)
    {
        var yaml = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, ImageMetadata.MaxSize / piece.Length)));
        await Task.Run(() => Failure(yaml), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_value_in_a_message_is_short_and_has_no_line_breaks()
    {
        Failure(Encoding.UTF8.GetBytes($"architecture: \"{new string('x', 100_000)}\"\ncreation_date: 1")).Length.ShouldBeLessThan(400);
        Failure("architecture: \"a\\nb\\e[31m\"\ncreation_date: 1"u8.ToArray());
        Failure(Encoding.UTF8.GetBytes($"{Minimum}properties: {{\"a\\nb\": [1]}}"));
        Failure(Encoding.UTF8.GetBytes($"architecture: x86_64\ncreation_date: \"1\\n2\""));
    }

    [Fact]
    public void Whatever_the_bytes_are_only_the_expected_error_comes_out()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => { _ = Record.Exception(() => ImageMetadata.Parse(bytes, "f")).ShouldBeOfType<StapesException>(); }, iter: 3000);

        var pieces = Gen.OneOfConst("a", ": ", "\n", "  ", "- ", "[", "]", "{", "}", "? ", "!", "!!str ", "&a ", "*a", "'", "\"", "|", ">", "#", "%", "\\x", "~", "---\n", "...\n", ",", "\t", "1", "<<: ", "@", "`", "\u0000", "\u2028", "\ud83d\ude00");
        pieces.Array[0, 40].Sample(parts =>
        {
            if (Record.Exception(() => ImageMetadata.Parse(Encoding.UTF8.GetBytes(Minimum + string.Concat(parts)), "f")) is { } failure)
                failure.ShouldBeOfType<StapesException>();
        }, iter: 5000);
    }

    private static ImageMetadata Parse(string yaml) => ImageMetadata.Parse(Encoding.UTF8.GetBytes(yaml), "image.tar.xz");

    private static string Failure(byte[] yaml)
    {
        var failure = Should.Throw<StapesException>(() => ImageMetadata.Parse(yaml, "image.tar.xz"));
        failure.Kind.ShouldBe(ErrorKind.Invalid);
        failure.Message.Any(char.IsControl).ShouldBeFalse(failure.Message);
        return failure.Message;
    }
}
