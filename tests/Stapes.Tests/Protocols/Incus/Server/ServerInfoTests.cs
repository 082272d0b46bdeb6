namespace Stapes.Tests.Protocols.Incus.Server;

public class ServerInfoTests : IncusServerTest
{
    [Fact]
    public async Task The_versions_of_the_api_are_listed() =>
        (await GetAsync(Stranger, "/")).AsArray().Select(static n => (string?)n).ShouldBe(["/1.0"]);

    [Fact]
    public async Task A_stranger_learns_that_the_server_is_public_and_nothing_about_the_machine()
    {
        var server = await GetAsync(Stranger, "/1.0");
        ((string?)server["auth"]).ShouldBe("untrusted");
        ((bool?)server["public"]).ShouldBe(true);
        ((string?)server["api_version"]).ShouldBe("1.0");
        ((string?)server["api_status"]).ShouldBe("stable");
        server["environment"].ShouldBeNull();
    }

    [Fact]
    public async Task A_trusted_caller_learns_where_the_server_can_be_reached()
    {
        var server = await GetAsync(Trusted, "/1.0");
        ((string?)server["auth"]).ShouldBe("trusted");
        ((bool?)server["public"]).ShouldBe(false);
        var environment = server["environment"]!;
        environment["addresses"]!.AsArray().Select(static n => (string?)n).ShouldBe(["192.0.2.1:8443"]);
        ((string?)environment["certificate"]).ShouldBe("PEM");
        ((string?)environment["certificate_fingerprint"]).ShouldBe("abc");
        ((string?)environment["server"]).ShouldBe("stapes");
        ((string?)environment["server_version"]).ShouldBe("1.2.3");
    }

    [Theory]
    [InlineData("api_filtering", true)]
    [InlineData("images_all_projects", true)]
    [InlineData("image_force_refresh", true)]
    [InlineData("images_push_relay", true)]
    [InlineData("instances", false)]
    public async Task Only_what_works_is_advertised(string extension, bool works) =>
        (await GetAsync(Stranger, "/1.0"))["api_extensions"]!.AsArray().Any(n => (string?)n == extension).ShouldBe(works);

    [Fact]
    public async Task There_is_a_default_project_and_those_that_have_images()
    {
        (await GetAsync(Trusted, "/1.0/projects")).AsArray().Select(static n => (string?)n).ShouldBe(["/1.0/projects/default"]);
        ((string?)(await GetAsync(Trusted, "/1.0/projects?recursion=1"))[0]!["name"]).ShouldBe("default");
        ((string?)(await GetAsync(Trusted, "/1.0/projects/default"))["name"]).ShouldBe("default");
    }
}
