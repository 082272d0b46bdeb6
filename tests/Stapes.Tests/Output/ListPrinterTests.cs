using System.Text.Json;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Output;

// Captured from `incus-simplestreams list` 7.0.2 over a tree with these images.
public class ListPrinterTests
{
    private const string FromAnotherServer = """{"fingerprint":"aa1","properties":{"b":"1","a":"2"},"uploaded_at":"2026-11-24T02:42:40.422433634Z","new_field":"x"}""";

    private static readonly string[] Headers =
        ["FINGERPRINT", "DESCRIPTION", "OS", "RELEASE", "VARIANT", "ARCHITECTURE", "TYPE", "CREATED"];

    private static readonly ImageRecord[] Images =
    [
        Image("aa1", "alpine edge amd64 (202311142213)", "alpine", "edge", "default") with
        {
            Aliases = [new("a", ""), new("a/amd64", ""), new("yes", ""), new("yes/amd64", "")],
        },
        Image("aa1", "alpine zedge amd64 (202311142213)", "alpine", "edge", "default"),
        Image("bb2", "日本 two\nlines amd64 (a,\"b\") (202311142213)", "日本", "3.20", "a,\"b\""),
    ];

    [Fact]
    public void What_another_server_wrote_keeps_its_fields_and_nanoseconds()
    {
        PrintRaw("json").ShouldBe($"[{FromAnotherServer}]\n");
        PrintRaw("yaml").ShouldBe("- fingerprint: aa1\n  properties:\n    a: \"2\"\n    b: \"1\"\n  uploaded_at: 2026-11-24T02:42:40.422433634Z\n  new_field: x\n");

        static string PrintRaw(string format)
        {
            using var json = JsonDocument.Parse($"[{FromAnotherServer}]");
            using var text = new StringWriter();
            ListPrinter.Print(text, ListFormat.Parse(format), [], [], json.RootElement, IncusJsonContext.Default.IReadOnlyListImageRecord);
            return text.ToString();
        }
    }

    [Theory]
    [InlineData(
        "table",
        """"
        ┌─────────────┬────────────────────────────────────┬────────┬─────────┬─────────┬──────────────┬───────────┬──────────────────────┐
        │ FINGERPRINT │            DESCRIPTION             │   OS   │ RELEASE │ VARIANT │ ARCHITECTURE │   TYPE    │       CREATED        │
        ├─────────────┼────────────────────────────────────┼────────┼─────────┼─────────┼──────────────┼───────────┼──────────────────────┤
        │ aa1         │ alpine edge amd64 (202311142213)   │ alpine │ edge    │ default │ x86_64       │ container │ 2023/11/14 00:00 UTC │
        │             ├────────────────────────────────────┼────────┼─────────┼─────────┼──────────────┼───────────┼──────────────────────┤
        │             │ alpine zedge amd64 (202311142213)  │ alpine │ edge    │ default │ x86_64       │ container │ 2023/11/14 00:00 UTC │
        ├─────────────┼────────────────────────────────────┼────────┼─────────┼─────────┼──────────────┼───────────┼──────────────────────┤
        │ bb2         │ 日本 two                           │ 日本   │ 3.20    │ a,"b"   │ x86_64       │ container │ 2023/11/14 00:00 UTC │
        │             │ lines amd64 (a,"b") (202311142213) │        │         │         │              │           │                      │
        └─────────────┴────────────────────────────────────┴────────┴─────────┴─────────┴──────────────┴───────────┴──────────────────────┘
        """")]
    [InlineData(
        "table,noheader",
        """"
        ┌─────┬────────────────────────────────────┬────────┬──────┬─────────┬────────┬───────────┬──────────────────────┐
        │ aa1 │ alpine edge amd64 (202311142213)   │ alpine │ edge │ default │ x86_64 │ container │ 2023/11/14 00:00 UTC │
        │     ├────────────────────────────────────┼────────┼──────┼─────────┼────────┼───────────┼──────────────────────┤
        │     │ alpine zedge amd64 (202311142213)  │ alpine │ edge │ default │ x86_64 │ container │ 2023/11/14 00:00 UTC │
        ├─────┼────────────────────────────────────┼────────┼──────┼─────────┼────────┼───────────┼──────────────────────┤
        │ bb2 │ 日本 two                           │ 日本   │ 3.20 │ a,"b"   │ x86_64 │ container │ 2023/11/14 00:00 UTC │
        │     │ lines amd64 (a,"b") (202311142213) │        │      │         │        │           │                      │
        └─────┴────────────────────────────────────┴────────┴──────┴─────────┴────────┴───────────┴──────────────────────┘
        """")]
    [InlineData(
        "compact",
        """"
        FINGERPRINT│           DESCRIPTION            │  OS  │RELEASE│VARIANT│ARCHITECTURE│  TYPE   │      CREATED       
        aa1        │alpine edge amd64 (202311142213)  │alpine│edge   │default│x86_64      │container│2023/11/14 00:00 UTC
        aa1        │alpine zedge amd64 (202311142213) │alpine│edge   │default│x86_64      │container│2023/11/14 00:00 UTC
        bb2        │日本 two                          │日本  │3.20   │a,"b"  │x86_64      │container│2023/11/14 00:00 UTC
                   │lines amd64 (a,"b") (202311142213)│      │       │       │            │         │                    
        """")]
    [InlineData(
        "compact,noheader",
        """"
        aa1│alpine edge amd64 (202311142213)  │alpine│edge│default│x86_64│container│2023/11/14 00:00 UTC
        aa1│alpine zedge amd64 (202311142213) │alpine│edge│default│x86_64│container│2023/11/14 00:00 UTC
        bb2│日本 two                          │日本  │3.20│a,"b"  │x86_64│container│2023/11/14 00:00 UTC
           │lines amd64 (a,"b") (202311142213)│      │    │       │      │         │                    
        """")]
    [InlineData(
        "markdown",
        """"
        | FINGERPRINT |            DESCRIPTION             |   OS   | RELEASE | VARIANT | ARCHITECTURE |   TYPE    |       CREATED        |
        |:-----------:|:----------------------------------:|:------:|:-------:|:-------:|:------------:|:---------:|:--------------------:|
        |     aa1     |  alpine edge amd64 (202311142213)  | alpine |  edge   | default |    x86_64    | container | 2023/11/14 00:00 UTC |
        |             | alpine zedge amd64 (202311142213)  | alpine |  edge   | default |    x86_64    | container | 2023/11/14 00:00 UTC |
        |     bb2     |              日本 two              |  日本  |  3.20   |  a,"b"  |    x86_64    | container | 2023/11/14 00:00 UTC |
        |             | lines amd64 (a,"b") (202311142213) |        |         |         |              |           |                      |
        """")]
    [InlineData(
        "markdown,noheader",
        """"
        | aa1 | alpine edge amd64 (202311142213)   | alpine | edge | default | x86_64 | container | 2023/11/14 00:00 UTC |
        |     | alpine zedge amd64 (202311142213)  | alpine | edge | default | x86_64 | container | 2023/11/14 00:00 UTC |
        | bb2 | 日本 two                           | 日本   | 3.20 | a,"b"   | x86_64 | container | 2023/11/14 00:00 UTC |
        |     | lines amd64 (a,"b") (202311142213) |        |      |         |        |           |                      |
        """")]
    [InlineData(
        "csv",
        """"
        aa1,alpine edge amd64 (202311142213),alpine,edge,default,x86_64,container,2023/11/14 00:00 UTC
        aa1,alpine zedge amd64 (202311142213),alpine,edge,default,x86_64,container,2023/11/14 00:00 UTC
        bb2,"日本 two
        lines amd64 (a,""b"") (202311142213)",日本,3.20,"a,""b""",x86_64,container,2023/11/14 00:00 UTC
        """")]
    [InlineData(
        "csv,header",
        """"
        FINGERPRINT,DESCRIPTION,OS,RELEASE,VARIANT,ARCHITECTURE,TYPE,CREATED
        aa1,alpine edge amd64 (202311142213),alpine,edge,default,x86_64,container,2023/11/14 00:00 UTC
        aa1,alpine zedge amd64 (202311142213),alpine,edge,default,x86_64,container,2023/11/14 00:00 UTC
        bb2,"日本 two
        lines amd64 (a,""b"") (202311142213)",日本,3.20,"a,""b""",x86_64,container,2023/11/14 00:00 UTC
        """")]
    [InlineData(
        "json",
        """"
        [{"auto_update":false,"properties":{"architecture":"amd64","description":"alpine edge amd64 (202311142213)","os":"alpine","release":"edge","serial":"202311142213","type":"tar.gz","variant":"default"},"public":true,"expires_at":"1970-01-01T00:00:00Z","profiles":null,"aliases":[{"name":"a","description":""},{"name":"a/amd64","description":""},{"name":"yes","description":""},{"name":"yes/amd64","description":""}],"architecture":"x86_64","cached":false,"filename":"x","fingerprint":"aa1","size":7,"type":"container","created_at":"2023-11-14T00:00:00Z","last_used_at":"0001-01-01T00:00:00Z","uploaded_at":"2023-11-14T00:00:00Z","project":"","locations":null},{"auto_update":false,"properties":{"architecture":"amd64","description":"alpine zedge amd64 (202311142213)","os":"alpine","release":"edge","serial":"202311142213","type":"tar.gz","variant":"default"},"public":true,"expires_at":"1970-01-01T00:00:00Z","profiles":null,"aliases":null,"architecture":"x86_64","cached":false,"filename":"x","fingerprint":"aa1","size":7,"type":"container","created_at":"2023-11-14T00:00:00Z","last_used_at":"0001-01-01T00:00:00Z","uploaded_at":"2023-11-14T00:00:00Z","project":"","locations":null},{"auto_update":false,"properties":{"architecture":"amd64","description":"日本 two\nlines amd64 (a,\"b\") (202311142213)","os":"日本","release":"3.20","serial":"202311142213","type":"tar.gz","variant":"a,\"b\""},"public":true,"expires_at":"1970-01-01T00:00:00Z","profiles":null,"aliases":null,"architecture":"x86_64","cached":false,"filename":"x","fingerprint":"bb2","size":7,"type":"container","created_at":"2023-11-14T00:00:00Z","last_used_at":"0001-01-01T00:00:00Z","uploaded_at":"2023-11-14T00:00:00Z","project":"","locations":null}]
        """")]
    [InlineData(
        "yaml",
        """"
        - auto_update: false
          properties:
            architecture: amd64
            description: alpine edge amd64 (202311142213)
            os: alpine
            release: edge
            serial: "202311142213"
            type: tar.gz
            variant: default
          public: true
          expires_at: 1970-01-01T00:00:00Z
          profiles: []
          aliases:
            - name: a
              description: ""
            - name: a/amd64
              description: ""
            - name: 'yes'
              description: ""
            - name: yes/amd64
              description: ""
          architecture: x86_64
          cached: false
          filename: x
          fingerprint: aa1
          size: 7
          type: container
          created_at: 2023-11-14T00:00:00Z
          last_used_at: 0001-01-01T00:00:00Z
          uploaded_at: 2023-11-14T00:00:00Z
          project: ""
          locations: []
        - auto_update: false
          properties:
            architecture: amd64
            description: alpine zedge amd64 (202311142213)
            os: alpine
            release: edge
            serial: "202311142213"
            type: tar.gz
            variant: default
          public: true
          expires_at: 1970-01-01T00:00:00Z
          profiles: []
          aliases: []
          architecture: x86_64
          cached: false
          filename: x
          fingerprint: aa1
          size: 7
          type: container
          created_at: 2023-11-14T00:00:00Z
          last_used_at: 0001-01-01T00:00:00Z
          uploaded_at: 2023-11-14T00:00:00Z
          project: ""
          locations: []
        - auto_update: false
          properties:
            architecture: amd64
            description: |-
              日本 two
              lines amd64 (a,"b") (202311142213)
            os: 日本
            release: "3.20"
            serial: "202311142213"
            type: tar.gz
            variant: a,"b"
          public: true
          expires_at: 1970-01-01T00:00:00Z
          profiles: []
          aliases: []
          architecture: x86_64
          cached: false
          filename: x
          fingerprint: bb2
          size: 7
          type: container
          created_at: 2023-11-14T00:00:00Z
          last_used_at: 0001-01-01T00:00:00Z
          uploaded_at: 2023-11-14T00:00:00Z
          project: ""
          locations: []
        """")]
    public void A_list_is_printed_like_that_of_the_Incus_tools(string format, string expected) =>
        Printed(format, Images).ShouldBe(expected + "\n");

    [Theory]
    [InlineData("table", "┌─────────────┬─────────────┬────┬─────────┬─────────┬──────────────┬──────┬─────────┐\n"
        + "│ FINGERPRINT │ DESCRIPTION │ OS │ RELEASE │ VARIANT │ ARCHITECTURE │ TYPE │ CREATED │\n"
        + "└─────────────┴─────────────┴────┴─────────┴─────────┴──────────────┴──────┴─────────┘\n")]
    [InlineData("compact", "FINGERPRINT│DESCRIPTION│OS│RELEASE│VARIANT│ARCHITECTURE│TYPE│CREATED\n")]
    [InlineData("csv", "")]
    [InlineData("csv,header", "FINGERPRINT,DESCRIPTION,OS,RELEASE,VARIANT,ARCHITECTURE,TYPE,CREATED\n")]
    [InlineData("csv,header,noheader", "\n")]
    [InlineData("json", "[]\n")]
    [InlineData("yaml", "[]\n")]
    [InlineData("table,noheader", "")]
    [InlineData("compact,noheader", "")]
    [InlineData("markdown,noheader", "")]
    public void An_empty_list_is_printed_like_that_of_the_Incus_tools(string format, string expected) =>
        Printed(format, []).ShouldBe(expected);

    private static ImageRecord Image(string fingerprint, string description, string os, string release, string variant) => new()
    {
        Public = true,
        ExpiresAt = DateTimeOffset.UnixEpoch,
        Architecture = "x86_64",
        Filename = "x",
        Fingerprint = fingerprint,
        Size = 7,
        Type = "container",
        CreatedAt = new(2023, 11, 14, 0, 0, 0, TimeSpan.Zero),
        UploadedAt = new(2023, 11, 14, 0, 0, 0, TimeSpan.Zero),
        Properties = new Dictionary<string, string>
        {
            ["architecture"] = "amd64",
            ["description"] = description,
            ["os"] = os,
            ["release"] = release,
            ["serial"] = "202311142213",
            ["type"] = "tar.gz",
            ["variant"] = variant,
        },
    };

    private static string Printed(string format, ImageRecord[] images)
    {
        string[][] rows =
        [
            .. images.Select(image => new[]
            {
                image.Fingerprint, image.Properties["description"], image.Properties["os"], image.Properties["release"],
                image.Properties["variant"], image.Architecture, image.Type, $"{image.CreatedAt:yyyy'/'MM'/'dd HH:mm} UTC",
            }),
        ];
        Array.Sort(rows, NaturalRowOrder.Instance);
        using var writer = new StringWriter();
        ListPrinter.Print(writer, ListFormat.Parse(format), Headers, rows, images, IncusJsonContext.Default.IReadOnlyListImageRecord);
        return writer.ToString();
    }
}
