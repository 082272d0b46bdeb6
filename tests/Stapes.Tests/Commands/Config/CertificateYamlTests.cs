using Stapes.Commands.Config;
using Stapes.Core;

namespace Stapes.Tests.Commands.Config;

public sealed class CertificateYamlTests
{
    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("yes", true)]
    [InlineData("\"true\"", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    public void A_restriction_is_what_the_YAML_of_Incus_takes_it_for(string text, bool expected) =>
        CertificateYaml.Parse($"restricted: {text}\n").Restricted.ShouldBe(expected);

    [Fact]
    public void All_fields_that_are_shown_are_read()
    {
        var fields = CertificateYaml.Parse("""
            name: laptop
            type: client
            restricted: true
            projects:
            - shop
            - lab
            certificate: |
              PEM
            description: of the shop
            fingerprint: abc
            role: viewer
            """);
        (fields.Name, fields.Type, fields.Certificate, fields.Description, fields.Role).ShouldBe(("laptop", "client", "PEM\n", "of the shop", "viewer"));
        fields.Projects.ShouldBe(["shop", "lab"]);
        CertificateYaml.Parse("projects:\n").Projects.ShouldBe([]);
    }

    [Theory]
    [InlineData("restricted: maybe", "write true or false")]
    [InlineData("restricted:\n- true", "is no text")]
    [InlineData("projects: shop", "is no list")]
    [InlineData("restrict: true", "has no field \"restrict\"")]
    [InlineData("just text", "`stapes config trust show`")]
    [InlineData("a: [", "not valid YAML, line")]
    public void What_is_not_understood_changes_nothing(string yaml, string error) =>
        Should.Throw<StapesException>(() => CertificateYaml.Parse(yaml)).Message.ShouldContain(error);
}
