using System.Text.Json;
using Stapes.Output;

namespace Stapes.Tests.Output;

public class GoJsonTests
{
    [Fact]
    public void The_same_characters_are_escaped_as_in_Go()
    {
        const string Text = "\0\b\f\v\u007f\u001f<>&\u2028\u2029\\/\"'+é\U0001f44d\ufeff\u0085\ue000";

        GoJson.Serialize(Element(new() { ["k<"] = Text })).ShouldBe(
            "{\"k\\u003c\":\"\\u0000\\b\\f\\u000b\u007f\\u001f\\u003c\\u003e\\u0026\\u2028\\u2029\\\\/\\\"'+é\U0001f44d\ufeff\u0085\ue000\"}");
    }

    private static JsonElement Element(Dictionary<string, string> map) =>
        JsonSerializer.SerializeToElement(map, OutputJsonContext.Default.DictionaryStringString);
}
