using System.Text.Json;
using Stapes.Protocols.Oci;

namespace Stapes.Tests.Protocols.Oci;

public sealed class OciRecordTests
{
    private const string Hex = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    [Fact]
    public void A_manifest_is_written_as_the_specification_orders_it()
    {
        var manifest = new OciManifest
        {
            MediaType = OciMediaTypes.Manifest,
            Config = new() { MediaType = OciMediaTypes.Empty, Digest = $"sha256:{Hex}", Size = 2, Data = "{}"u8.ToArray() },
            Layers = [],
        };

        JsonSerializer.Serialize(manifest, OciJson.Context.OciManifest).ShouldBe(
            $$"""{"schemaVersion":2,"mediaType":"{{OciMediaTypes.Manifest}}","config":{"mediaType":"{{OciMediaTypes.Empty}}","digest":"sha256:{{Hex}}","size":2,"data":"e30="},"layers":[]}""");
    }

    [Fact]
    public void A_configuration_of_docker_is_understood()
    {
        var config = JsonSerializer.Deserialize(
            """
            {"architecture":"amd64","os":"linux","created":"2025-10-08T11:04:56.338552626Z","config":{"Entrypoint":null,"Cmd":["/bin/sh"],"Env":["A=b"],
            "Volumes":{"/data":{}},"OnBuild":null,"Hostname":""},"rootfs":{"type":"layers","diff_ids":["sha256:00"]},"history":[{"empty_layer":true}]}
            """, OciJson.Context.OciImageConfig)!;

        config.Architecture.ShouldBe("amd64");
        config.Config!.Cmd.ShouldBe(["/bin/sh"]);
        config.Config.Entrypoint.ShouldBeNull();
        config.Config.Volumes!.Keys.ShouldBe(["/data"]);
        config.Rootfs!.DiffIds.ShouldBe(["sha256:00"]);
    }

    [Fact]
    public void A_document_with_double_keys_is_refused() =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("""{"layers":[],"layers":[]}""", OciJson.Context.OciManifest));

    [Theory]
    [InlineData($"sha256:{Hex}", true)]
    [InlineData($"sha512:{Hex}{Hex}", true)]
    [InlineData($"sha512:{Hex}", false)]
    [InlineData("sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A", false)]
    [InlineData($"md5:{Hex}", false)]
    [InlineData($"sha256:{Hex}0", false)]
    [InlineData($"sha256:../../../../../../../../../../../../../../../../../../../../etc/passwd", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_digest_has_a_known_algorithm_and_lower_case_digits(string? text, bool valid) =>
        OciDigest.TryParse(text, out _).ShouldBe(valid);

    [Fact]
    public void A_sha256_digest_is_that_of_a_blob_of_the_store()
    {
        OciDigest.TryParse($"sha256:{Hex}", out var digest).ShouldBeTrue();
        digest.Sha256!.Value.Hex.ShouldBe(Hex);
        OciDigest.From(digest.Sha256.Value).ShouldBe(digest);
        digest.Hex.ShouldBe(Hex);
    }
}
