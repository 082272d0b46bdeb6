using Stapes.Core;
using Stapes.Core.Remotes;
using Stapes.Remotes;

namespace Stapes.Tests.Remotes;

public sealed class RemoteBookTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("debian/12", "local", "debian/12")]
    [InlineData("local:debian/12", "local", "debian/12")]
    [InlineData("images:a:b", "images", "a:b")]
    [InlineData(":x", "local", "x")]
    [InlineData("local:", "local", "")]
    [InlineData("os=a:b", "local", "os=a:b")]
    public void The_first_colon_ends_the_remote(string word, string place, string name)
    {
        var parsed = Book().Parse(word);

        (parsed.Place.Name, parsed.Name).ShouldBe((place, name));
    }

    [Theory]
    [InlineData("./tree:alpine/edge", "./tree", "alpine/edge")]
    [InlineData("../tree:", "../tree", "")]
    [InlineData("/srv/none:a:b", "/srv/none", "a:b")]
    [InlineData(".", ".", "")]
    [InlineData("file:///srv/none:a", "/srv/none", "a")]
    public void A_path_is_a_directory(string word, string path, string name)
    {
        var parsed = Book().Parse(word);

        (parsed.Place.Directory, parsed.Name).ShouldBe((path, name));
    }

    [Fact]
    public void A_directory_may_have_a_colon_in_its_name()
    {
        var path = Directory.CreateDirectory(directory["a:b"]).FullName;

        (Book().Parse($"{path}:x").Place.Directory, Book().Parse($"{path}:x").Name).ShouldBe((path, "x"));
    }

    [Fact]
    public void A_remote_that_is_not_there_is_told_with_the_nearest_name() =>
        Should.Throw<StapesException>(() => Book().Parse("imags:x")).Message.ShouldBe("The remote \"imags\" doesn't exist; did you mean \"images\"?");

    [Fact]
    public void A_list_starts_with_a_remote_and_perhaps_what_is_looked_for()
    {
        var book = Book();

        book.TakePlace(["images:", "a"]).Place.Name.ShouldBe("images");
        book.TakePlace(["images:", "a"]).Others.ShouldBe(["a"]);
        book.TakePlace(["images:a", "b"]).Others.ShouldBe(["a", "b"]);
        book.TakePlace(["a=b:"]).Others.ShouldBe(["a=b:"]);
        book.TakePlace(["debian"]).Others.ShouldBe(["debian"]);
        book.TakePlace([]).Place.Name.ShouldBe("local");
    }

    [Fact]
    public void What_only_an_incus_server_can_do_is_refused_in_a_line_elsewhere()
    {
        var book = Book();

        Should.Throw<StapesException>(() => book.OpenIncus(book.Parse("images:x").Place, "delete images")).Message.ShouldBe(
            "The remote \"images\" speaks simplestreams, which can only be read: it cannot delete images; name a remote that speaks incus");
        Should.Throw<StapesException>(() => book.OpenIncus(book.Parse("./tree:x").Place, "delete images")).Message.ShouldBe(
            "./tree is a simplestreams tree, which `stapes image` cannot delete images: use `stapes tree -C ./tree`");
    }

    [Theory]
    [InlineData("incus", "example.org", "https://example.org:8443")]
    [InlineData("incus", "example.org:443", "https://example.org:443")]
    [InlineData("incus", "https://example.org", "https://example.org:8443")]
    [InlineData("incus", "https://example.org:443/x", "https://example.org:443")]
    [InlineData("incus", "::1", "https://[::1]:8443")]
    [InlineData("incus", "[::1]:9", "https://[::1]:9")]
    [InlineData("incus", "/run/x", "unix:///run/x")]
    [InlineData("incus", "unix:///run/x", "unix:///run/x")]
    [InlineData("incus", "unix://", "unix://")]
    [InlineData("simplestreams", "https://me:pw@example.org/x", "https://me:pw@example.org/x")]
    [InlineData("simplestreams", "/srv/tree", "file:///srv/tree")]
    [InlineData("simplestreams", "file:///srv/tree", "file:///srv/tree")]
    public void Addresses_become_urls(string protocol, string address, string url) => RemoteUrl.Normalize([address], protocol).ShouldBe([url]);

    [Theory]
    [InlineData("incus", "http://example.org")]
    [InlineData("incus", "")]
    [InlineData("simplestreams", "ftp://me:secret@example.org/")]
    [InlineData("simplestreams", "http://me:secret@example.org/")]
    [InlineData("simplestreams", "https://me:secret,@example.org/")]
    [InlineData("oci", "file:///srv/tree")]
    public void Other_addresses_are_refused_without_their_secrets(string protocol, string address) =>
        Should.Throw<StapesException>(() => RemoteUrl.Normalize([address], protocol)).Message.ShouldNotContain("secret");

    [Fact]
    public void Only_the_network_is_opened_on_behalf_of_others()
    {
        var open = RemoteProtocols.Opener(guard: null, static _ => { });

        Should.Throw<StapesException>(() => open(new(new("file:///etc"), "simplestreams"))).Kind.ShouldBe(ErrorKind.Invalid);
        Should.Throw<StapesException>(() => open(new(new("unix:///run/x"), "incus"))).Kind.ShouldBe(ErrorKind.Invalid);
        Should.Throw<StapesException>(() => open(new(new("https://example.org"), "ftp"))).Kind.ShouldBe(ErrorKind.Invalid);
        open(new(new("https://example.org"), "incus")).ShouldBeAssignableTo<IRemote>()!.Dispose();
    }

    private RemoteBook Book() => new(ClientConfiguration.Read(new(directory["conf"])), "/none", project: null, static _ => { });
}
