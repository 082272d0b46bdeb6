namespace Stapes.Tests.Hosting;

public class ListenAddressTests
{
    [Theory]
    [InlineData("https://:8443", "https://[::]:8443")]
    [InlineData(":9000", "https://[::]:9000")]
    [InlineData("127.0.0.1:8443", "https://127.0.0.1:8443")]
    [InlineData("127.0.0.1", "https://127.0.0.1:8443")]
    [InlineData("[::]:8443", "https://[::]:8443")]
    [InlineData("[::1]", "https://[::1]:8443")]
    [InlineData("http://127.0.0.1:8080/", "http://127.0.0.1:8080")]
    [InlineData("localhost:1", "https://127.0.0.1:1")]
    [InlineData("unix:/run/stapes.socket", "unix:/run/stapes.socket")]
    [InlineData("unix:///run/stapes.socket", "unix:/run/stapes.socket")]
    public void Addresses_are_written_in_the_usual_ways(string text, string expected) => RunningServer.Address(text).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("https://")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("example.org:8443")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:")]
    [InlineData("::1:8443")]
    [InlineData("unix:relative")]
    public void Other_texts_are_no_addresses(string text) => Stapes.Hosting.ListenAddress.TryParse(text, out _).ShouldBeFalse();
}
