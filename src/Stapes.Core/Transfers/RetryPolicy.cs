namespace Stapes.Core.Transfers;

/// <summary>How often a broken connection is made again, and how long to wait before: each time twice as long, with jitter.</summary>
public sealed record RetryPolicy
{
    /// <summary>As many attempts in a row may fail before a transfer does; bytes that arrive start the count again.</summary>
    public int Attempts { get; init; } = 6;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The wait after so many failed attempts: between half of the step and all of it, so that many clients do not come back at once.</summary>
    public TimeSpan DelayAfter(int failures) =>
        TimeSpan.FromTicks((long)Math.Min(LongestDelay.Ticks, FirstDelay.Ticks * Math.Pow(2, failures - 1))) * (0.5 + (Random.Shared.NextDouble() / 2));
}
