using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Tests.Simplestreams;

public sealed class ProductsFileTests
{
    private static readonly Gen<string> Name = Gen.OneOfConst("a", "b:c", "ä", "é\"", "z z", "\\", "💿", "m", "n", "o:1", "p", "q", "r/s");

    private static readonly Gen<string> Text = Gen.OneOfConst("", "1", "a b", "ü", "\"", "x,y", "{", " :");

    [Fact]
    public void What_is_written_is_what_writing_all_of_it_anew_gives()
    {
        var product = Gen.Dictionary(Name, Text)[0, 3].Select(static d => new JsonObject(d.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))));
        var file = Gen.Select(Gen.Dictionary(Name, product)[0, 12], Gen.Bool, Gen.Bool, Name.Array[0, 2], Name.Array[0, 2]);
        file.Sample((products, sorted, indented, added, removed) =>
        {
            var ordered = sorted ? products.OrderBy(static p => p.Key, StringComparer.Ordinal) : products.Reverse();
            var root = new JsonObject
            {
                ["format"] = "products:1.0",
                ["products"] = new JsonObject(ordered.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value.DeepClone()))),
                ["zeta"] = new JsonArray(1, "ü"),
            };
            var bytes = sorted && !indented ? Json.ToSortedBytes(root) : Encoding.UTF8.GetBytes(root.ToJsonString(new() { WriteIndented = indented }));
            var parsed = ProductsFile.Parse("f", bytes);
            var expected = Json.ParseObject(bytes, "f");
            foreach (var name in removed)
            {
                parsed.Remove(name);
                expected["products"]!.AsObject().Remove(name);
            }

            foreach (var name in added.Where(n => parsed.Find(n) is null))
            {
                parsed.Add(name).SetAliases([name]);
                expected["products"]![name] = new JsonObject { ["aliases"] = name };
            }

            using var written = new MemoryStream();
            parsed.WriteTo(written);
            Encoding.UTF8.GetString(written.ToArray()).ShouldBe(Encoding.UTF8.GetString(Json.ToSortedBytes(expected)));
        }, iter: 2000);
    }
}
