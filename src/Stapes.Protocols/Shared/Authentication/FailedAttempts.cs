using System.Net;
using System.Net.Sockets;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>
/// Slows down whoever guesses secrets: after a few failures an address has to wait before it may try again, twice as long each time. Of
/// IPv6 the first 64 bits count, because whoever has one address there has them all. Memory is bounded: of too many addresses the one
/// that has been quiet the longest is forgotten. Safe for use by many requests at once.
/// </summary>
public sealed class FailedAttempts(TimeProvider time)
{
    private const int Free = 5;
    private const int MostAddresses = 4096;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forgiven = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<UInt128, Entry> entries = [];

    /// <summary>How many addresses are remembered.</summary>
    internal int Count => entries.Count;

    /// <returns>How long an address has to wait until it may try again; null when it may now.</returns>
    public TimeSpan? WaitFor(IPAddress? address)
    {
        if (address is null)
            return null;
        lock (gate)
        {
            var now = time.GetUtcNow();
            return entries.TryGetValue(KeyOf(address), out var entry) && entry.NotBefore > now ? entry.NotBefore - now : null;
        }
    }

    /// <summary>Notes that an address showed a wrong secret.</summary>
    public void Note(IPAddress? address)
    {
        if (address is null)
            return;
        lock (gate)
        {
            var (now, key) = (time.GetUtcNow(), KeyOf(address));
            var failures = 1 + (entries.TryGetValue(key, out var entry) && now - entry.Last < Forgiven ? entry.Failures : 0);
            if (entry is null && entries.Count >= MostAddresses)
                entries.Remove(entries.MinBy(static e => e.Value.Last).Key);
            var wait = failures <= Free ? TimeSpan.Zero : First * Math.Pow(2, Math.Min(failures - Free - 1, 16));
            entries[key] = new(failures, now, now + (wait < Longest ? wait : Longest));
        }
    }

    private static UInt128 KeyOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6 || address.AddressFamily is AddressFamily.InterNetwork)
            address = address.MapToIPv6();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (!address.IsIPv4MappedToIPv6)
            bytes[8..].Clear();
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private sealed record Entry(int Failures, DateTimeOffset Last, DateTimeOffset NotBefore);
}
