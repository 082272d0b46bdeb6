using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Stapes.Core;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Tests.Simplestreams;

public sealed class JsonTests
{
    private static readonly Gen<JsonNode?> Leaf = Gen.OneOf<JsonNode?>(
        Gen.String[0, 8].Where(static s => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(s)) == s).Select(static s => (JsonNode?)JsonValue.Create(s)),
        Gen.Long.Select(static n => (JsonNode?)JsonValue.Create(n)),
        Gen.OneOfConst("1.0", "1e400", "123456789012345678901234567890", "-0", "0.10").Select(static n => JsonNode.Parse(n)),
        Gen.Bool.Select(static b => (JsonNode?)JsonValue.Create(b)),
        Gen.Const((JsonNode?)null));

    private static readonly Gen<JsonNode?> Tree = Gen.Recursive<JsonNode?>((depth, nested) => depth > 3 ? Leaf : Gen.Frequency(
        (2, Leaf),
        (1, nested.Array[0, 3].Select(static items => (JsonNode?)new JsonArray(items.Select(static i => i?.DeepClone()).ToArray()))),
        (2, Objects(nested).Select(static o => (JsonNode?)o))));

    [Fact]
    public void What_is_written_is_read_again_and_the_order_of_keys_does_not_matter() => Objects(Tree).Sample(root =>
    {
        var bytes = Json.ToSortedBytes(root);
        var read = Json.ParseObject(bytes, "f");
        JsonNode.DeepEquals(read, JsonNode.Parse(root.ToJsonString())).ShouldBeTrue();
        Json.ToSortedBytes(read).ShouldBe(bytes);
        Json.ToSortedBytes(Reversed(root).AsObject()).ShouldBe(bytes);
    }, iter: 500);

    [Theory]
    [InlineData("""{"size":1.0}""")]
    [InlineData("""{"size":123456789012345678901234567890}""")]
    [InlineData("""{"size":1e400}""")]
    [InlineData("""{"a":"<&>'ü€/+"}""")]
    [InlineData("""{"a":null,"b":[],"c":{}}""")]
    public void Values_stay_as_they_were_written(string json) =>
        Encoding.UTF8.GetString(Json.ToSortedBytes(Json.ParseObject(Encoding.UTF8.GetBytes(json), "f"))).ShouldBe(json);

    [Theory]
    [InlineData("", "f is not valid JSON, line 1: it is empty; restore it from a copy")]
    [InlineData("[]", "f is not a JSON object; restore it from a copy")]
    [InlineData("null", "f is not a JSON object; restore it from a copy")]
    [InlineData("{\n\n\"a\":}", "f is not valid JSON, line 3:")]
    [InlineData("{\"a\":1}{", "f is not valid JSON, line 1:")]
    [InlineData("{\"a\":1,\"a\":2}", "f is not valid JSON")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}", "f is not valid JSON")]
    [InlineData("{\n\"a\":\"\\ud800\"}", "f is not valid JSON, line 2: half a character is escaped")]
    [InlineData("{\"\\udc00\":1}", "f is not valid JSON, line 1: half a character is escaped")]
    public void What_is_no_object_is_refused_with_its_line(string json, string expected)
    {
        var failure = Should.Throw<StapesException>(() => Json.ParseObject(Encoding.UTF8.GetBytes(json), "f"));
        failure.Message.ShouldStartWith(expected);
        failure.Message.Any(char.IsControl).ShouldBeFalse(failure.Message);
    }

    [Fact]
    public void Broken_UTF_8_is_refused() =>
        Should.Throw<StapesException>(() => Json.ParseObject((byte[])[.. "{\"a\":\""u8, 0xff, .. "\"}"u8], "f")).Message.ShouldContain("not UTF-8");

    [Fact]
    public void Whatever_the_bytes_are_only_the_expected_error_comes_out()
    {
        var pieces = Gen.OneOfConst("{", "}", "[", "]", "\"", "a", ":", ",", "1", "\\", "\\u", "d800", "dc00", "null", " ", "\n", "\u0000", "ü");
        pieces.Array[0, 30].Sample(parts =>
        {
            try
            {
                Json.ToSortedBytes(Json.ParseObject(Encoding.UTF8.GetBytes($"{{\"a\":[{string.Concat(parts)}]}}"), "f"));
            }
            catch (StapesException e)
            {
                e.Kind.ShouldBe(ErrorKind.Invalid);
            }
        }, iter: 3000);
    }

    private static Gen<JsonObject> Objects(Gen<JsonNode?> values) =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 4], values).Array[0, 4].Select(static members =>
            new JsonObject(members.DistinctBy(static m => m.Item1).Select(static m => KeyValuePair.Create(m.Item1, m.Item2?.DeepClone()))));

    private static JsonNode Reversed(JsonNode node) => node switch
    {
        JsonObject o => new JsonObject(o.Reverse().Select(static m => KeyValuePair.Create(m.Key, m.Value is null ? null : (JsonNode?)Reversed(m.Value)))),
        JsonArray a => new JsonArray(a.Select(static i => i is null ? null : Reversed(i)).ToArray()),
        _ => node.DeepClone(),
    };
}
