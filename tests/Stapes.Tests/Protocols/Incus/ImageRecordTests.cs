using System.Text.Json;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Protocols.Incus;

public class ImageRecordTests
{
    // Written by Incus 7.0.2, but for the source and the nanoseconds.
    private const string Wire =
        """
        {"auto_update":false,"properties":{"os":"alpine","release":"edge"},"public":true,"expires_at":"1970-01-01T00:00:00Z",
        "profiles":null,"aliases":[{"name":"alpine/edge","description":""}],"architecture":"x86_64","cached":false,
        "filename":"x.incus.tar.xz","fingerprint":"30d4","size":1073448,
        "update_source":{"alias":"edge","certificate":"","protocol":"simplestreams","server":"https://example.org","image_type":"container"},
        "type":"container","created_at":"2023-11-14T00:00:00Z","last_used_at":"0001-01-01T00:00:00Z",
        "uploaded_at":"2023-11-14T01:02:03.123456789-04:00","project":"default","locations":null}
        """;

    [Fact]
    public void An_image_is_written_as_it_was_read_but_for_nanoseconds() =>
        Written(Read(Wire)).ShouldBe(Wire.ReplaceLineEndings("").Replace("123456789", "1234567", StringComparison.Ordinal));

    [Fact]
    public void What_is_missing_is_empty()
    {
        var image = Read("""{"fingerprint":"30d4","properties":null,"filename":null}""");

        image.Fingerprint.ShouldBe("30d4");
        image.Filename.ShouldBeEmpty();
        image.Architecture.ShouldBeEmpty();
        image.Properties.ShouldBeEmpty();
        image.Aliases.ShouldBeNull();
        image.ExpiresAt.ShouldBe(default);
    }

    [Fact]
    public void An_image_without_a_source_does_not_mention_one() => Written(new ImageRecord()).ShouldBe(
        """
        {"auto_update":false,"properties":{},"public":false,"expires_at":"0001-01-01T00:00:00Z","profiles":null,"aliases":null,
        "architecture":"","cached":false,"filename":"","fingerprint":"","size":0,"type":"","created_at":"0001-01-01T00:00:00Z",
        "last_used_at":"0001-01-01T00:00:00Z","uploaded_at":"0001-01-01T00:00:00Z","project":"","locations":null}
        """.ReplaceLineEndings(""));

    [Fact]
    public void Properties_are_sorted_by_code_point()
    {
        var image = new ImageRecord
        {
            Properties = new Dictionary<string, string> { ["\U0001f44d"] = "", ["b10"] = "", ["\uffee"] = "", ["B"] = "", ["b9"] = "" },
        };

        image.Properties.Keys.ShouldBe(["B", "b10", "b9", "\uffee", "\U0001f44d"]);
    }

    private static ImageRecord Read(string json) => JsonSerializer.Deserialize(json, IncusJsonContext.Default.ImageRecord)!;

    private static string Written(ImageRecord image) => JsonSerializer.Serialize(image, IncusJsonContext.Default.ImageRecord);
}
