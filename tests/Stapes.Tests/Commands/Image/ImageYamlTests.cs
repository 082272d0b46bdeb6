using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Tests.Commands.Image;

public sealed class ImageYamlTests
{
    [Fact]
    public void What_show_prints_reads_back_as_it_was()
    {
        var image = new ImagePutRecord
        {
            AutoUpdate = true,
            Public = true,
            ExpiresAt = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Profiles = ["default", "no"],
            Properties = new Dictionary<string, string?> { ["os"] = "Debian", ["release"] = "12", ["text"] = "two\nlines: #x", ["empty"] = "", ["yes"] = "null" },
        };
        using var text = new StringWriter();
        YamlWriter.Write(text, image, IncusJsonContext.Default.ImagePutRecord);

        var read = ImageYaml.Parse("# a comment\n\n" + text);

        read.ShouldBeEquivalentTo(image with { Properties = read.Properties, Profiles = read.Profiles });
        read.Properties.ShouldBe(image.Properties, ignoreOrder: true);
        read.Profiles.ShouldBe(image.Profiles);
    }

    [Fact]
    public void The_other_fields_of_an_image_mean_nothing() => ImageYaml.Parse("fingerprint: f\naliases: []\npublic: yes\n").Public.ShouldBeTrue();

    [Theory]
    [InlineData("", "The fields cannot be used: it has no fields: write `key: value` lines, as `stapes image show` prints them")]
    [InlineData("- a", "The fields cannot be used: it has no fields: write `key: value` lines, as `stapes image show` prints them")]
    [InlineData("public: false\npropertis: {}", "The fields cannot be used: line 2: an image has no field \"propertis\"")]
    [InlineData("public: maybe", "The fields cannot be used: \"public\" is \"maybe\": write true or false")]
    [InlineData("expires_at: tomorrow", "The fields cannot be used: \"expires_at\" is \"tomorrow\": write a time such as 2030-12-31T00:00:00Z")]
    [InlineData("properties: [a]", "The fields cannot be used: \"properties\" is no mapping: write `name: value` lines below it")]
    [InlineData("properties:\n  a: [b]", "The fields cannot be used: line 2: a value in \"properties\" is no text")]
    [InlineData("profiles: default", "The fields cannot be used: \"profiles\" is no list: write `- name` lines below it")]
    public void What_cannot_be_meant_is_refused(string yaml, string message) =>
        Should.Throw<StapesException>(() => ImageYaml.Parse(yaml)).Message.ShouldBe(message);

    [Theory]
    [InlineData("public: [")]
    [InlineData("public: true\npublic: false")]
    [InlineData("{ ? }: x : y")]
    public void What_is_no_yaml_is_refused_in_one_line(string yaml) =>
        Should.Throw<StapesException>(() => ImageYaml.Parse(yaml)).Message.ShouldNotContain('\n');
}
