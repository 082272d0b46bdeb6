using System.Net;
using Stapes.Protocols.Shared.Authentication;
using Stapes.Tests.Library;

namespace Stapes.Tests.Shared.Authentication;

public sealed class FailedAttemptsTests
{
    private readonly ManualTime time = new();

    [Fact]
    public void An_address_that_fails_again_and_again_waits_longer_each_time()
    {
        var attempts = new FailedAttempts(time);
        var address = IPAddress.Parse("192.0.2.1");
        Fail(5);
        attempts.WaitFor(address).ShouldBeNull();
        Fail(1);
        attempts.WaitFor(address).ShouldBe(TimeSpan.FromSeconds(1));
        Fail(1);
        attempts.WaitFor(address).ShouldBe(TimeSpan.FromSeconds(2));
        Fail(100);
        attempts.WaitFor(address).ShouldBe(TimeSpan.FromMinutes(1));
        attempts.WaitFor(IPAddress.Parse("192.0.2.2")).ShouldBeNull();
        attempts.WaitFor(IPAddress.Parse("::ffff:192.0.2.1")).ShouldNotBeNull("it is the same address");
        time.Now += TimeSpan.FromMinutes(1);
        attempts.WaitFor(address).ShouldBeNull();
        time.Now += TimeSpan.FromMinutes(10);
        Fail(5);
        attempts.WaitFor(address).ShouldBeNull("it was forgiven");

        void Fail(int times)
        {
            for (var i = 0; i < times; i++)
                attempts.Note(address);
        }
    }

    [Fact]
    public void Of_IPv6_a_whole_network_counts_as_one()
    {
        var attempts = new FailedAttempts(time);
        for (var i = 0; i < 10; i++)
            attempts.Note(IPAddress.Parse($"2001:db8:1:2::{i:x}"));
        attempts.WaitFor(IPAddress.Parse("2001:db8:1:2:ffff::1")).ShouldNotBeNull();
        attempts.WaitFor(IPAddress.Parse("2001:db8:1:3::1")).ShouldBeNull();
    }

    [Fact]
    public void However_many_addresses_fail_memory_is_bounded()
    {
        var attempts = new FailedAttempts(time);
        var bytes = new byte[4];
        for (var i = 0; i < 6_000; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, i + 1);
            for (var n = 0; n < 6; n++)
                attempts.Note(new IPAddress(bytes));
            time.Now += TimeSpan.FromMilliseconds(1);
        }

        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, 5999);
        attempts.WaitFor(new IPAddress(bytes)).ShouldNotBeNull("the latest ones are known");
        attempts.Count.ShouldBe(4096);
    }
}
