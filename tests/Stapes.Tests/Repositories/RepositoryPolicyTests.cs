using Stapes.Core.Access;
using Stapes.Core.Repositories;

namespace Stapes.Tests.Repositories;

public sealed class RepositoryPolicyTests
{
    private static readonly RepositoryPolicy Policy = new() { IsProject = static name => name is "default" or "lab" };

    [Theory]
    [InlineData("app", "default")]
    [InlineData("lab", "default")]
    [InlineData("lab/app", "lab")]
    [InlineData("lab/a/b", "lab")]
    [InlineData("labs/app", "default")]
    [InlineData("library/lab", "default")]
    public void A_repository_belongs_to_the_project_that_its_name_begins_with(string repository, string project) =>
        Policy.ProjectOf(repository).ShouldBe(project);

    [Theory]
    [InlineData("*", "a/b", true)]
    [InlineData("app", "app", true)]
    [InlineData("app", "app/x", false)]
    [InlineData("library/*", "library/a/b", true)]
    [InlineData("library/*", "library", false)]
    [InlineData("*/public", "a/b/public", true)]
    [InlineData("a*b*c", "axxbyybzc", true)]
    [InlineData("a*b*c", "axxbyybz", false)]
    [InlineData("", "a", false)]
    public void A_star_stands_for_any_characters(string pattern, string repository, bool isPublic) =>
        new RepositoryPolicy { Public = [pattern] }.IsPublic(repository).ShouldBe(isPublic);

    [Fact]
    public void Who_is_restricted_to_a_project_pushes_there_only()
    {
        var caller = new Caller { Name = "x", Method = CallerMethod.Token, Role = Role.Publisher, Projects = new HashSet<string> { "lab" } };

        Policy.MayPush(caller, "lab/app").ShouldBeTrue();
        Policy.MayPush(caller, "app").ShouldBeFalse();
        Policy.MayPull(caller, "app").ShouldBeFalse();
        Policy.MayPull(Caller.Stranger, "lab/app").ShouldBeFalse();
    }
}
