using Stapes.Output.Yaml;

namespace Stapes.Tests.Output.Yaml;

public class YamlWriterTests
{
    [Fact]
    public void A_null_list_is_an_empty_list_and_a_null_map_an_empty_map() => Written(new Nested()).ShouldBe(
        """
        Text: null
        Number: null
        Time: null
        List: []
        Lists: []
        Map: {}
        Record: null

        """);

    [Fact]
    public void A_time_is_a_timestamp_and_text_that_looks_like_one_is_not() => Written(new Nested
    {
        Text = "1970-01-01T00:00:00Z",
        Time = DateTimeOffset.UnixEpoch,
        List = [],
        Map = [],
    }).ShouldBe(
        """
        Text: "1970-01-01T00:00:00Z"
        Number: null
        Time: 1970-01-01T00:00:00+00:00
        List: []
        Lists: []
        Map: {}
        Record: null

        """);

    [Fact]
    public void Keys_of_maps_are_sorted_and_fields_of_records_are_not() => Written(new Nested
    {
        Number = 3,
        List = ["two\nlines", "yes"],
        Lists = [[1, 2], []],
        Map = new() { ["b10"] = new() { ["x"] = "y" }, ["b9"] = [] },
        Record = new Nested { Text = "inner" },
    }).ShouldBe(
        """
        Text: null
        Number: 3
        Time: null
        List:
          - |-
            two
            lines
          - 'yes'
        Lists:
          - - 1
            - 2
          - []
        Map:
          b9: {}
          b10:
            x: 'y'
        Record:
          Text: inner
          Number: null
          Time: null
          List: []
          Lists: []
          Map: {}
          Record: null

        """);

    [Fact]
    public void A_key_that_is_long_or_has_lines_says_that_it_is_a_key()
    {
        var (fits, isLong) = (new string('é', 64), new string('é', 65));

        WrittenMap(new() { [fits] = "v", [isLong] = "v", ["a\nb"] = "v" })
            .ShouldBe($"? |-\n  a\n  b\n: v\n{fits}: v\n? {isLong}\n: v\n");
    }

    [Fact]
    public void An_empty_map_is_the_whole_document() => WrittenMap([]).ShouldBe("{}\n");

    private static string Written(Nested record)
    {
        using var writer = new StringWriter();
        YamlWriter.Write(writer, record, OutputJsonContext.Default.Nested);
        return writer.ToString();
    }

    private static string WrittenMap(Dictionary<string, string> map)
    {
        using var writer = new StringWriter();
        YamlWriter.Write(writer, map, OutputJsonContext.Default.DictionaryStringString);
        return writer.ToString();
    }
}
