using System.Net;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Shared.Client;

public class AddressGuardTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    public void Addresses_of_the_Internet_are_open(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.19.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    public void Addresses_of_a_network_of_ones_own_are_not(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Fact]
    public async Task What_the_configuration_lists_is_open_too()
    {
        var allows = await AddressGuard.Allowing(["10.1.0.0/16", "192.168.7.7", "fd00:1::/32", "localhost", "no-such-name.invalid"]).ResolveAsync(Cancellation);
        foreach (var open in (string[])["10.1.200.3", "::ffff:10.1.0.1", "192.168.7.7", "fd00:1::5", "127.0.0.1", "8.8.8.8"])
            allows(IPAddress.Parse(open)).ShouldBeTrue(open);
        foreach (var closed in (string[])["10.2.0.1", "192.168.7.8", "fd00:2::5", "127.0.0.2", "169.254.169.254"])
            allows(IPAddress.Parse(closed)).ShouldBeFalse(closed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/99")]
    [InlineData("https://x.example")]
    [InlineData("a b")]
    public void What_is_no_network_address_or_name_is_refused(string text) => Should.Throw<FormatException>(() => AddressGuard.Allowing([text]));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
