namespace Veil.Wire.Store;

/// <summary>
/// A day of UTC, counted from 1970-01-01, at whose beginning a lease ends (spec/store.md, section 4). 16 bits last
/// until 2149.
/// </summary>
public readonly record struct LeaseDay(ushort Value)
{
    private const long SecondsPerDay = 86_400;

    /// <summary>The day of a moment; moments beyond what 16 bits hold are taken as the nearest that they do.</summary>
    public static LeaseDay Of(DateTimeOffset moment) =>
        new((ushort)Math.Clamp(moment.ToUnixTimeSeconds() / SecondsPerDay, 0, ushort.MaxValue));

    /// <summary>Its first second, Unix time.</summary>
    public long StartUnixSeconds => Value * SecondsPerDay;

    /// <summary>The end of a lease of at least so many days from now on.</summary>
    public static LeaseDay ForDays(ushort days, DateTimeOffset now) =>
        new((ushort)Math.Min(Of(now).Value + days + 1, ushort.MaxValue));

    /// <summary>Whether a store sells a lease with this end: one of 1 to 60 days, and a day more or less for clocks
    /// that disagree.</summary>
    public bool IsSold(DateTimeOffset now) =>
        Value - Of(now).Value is >= StoreLayout.MinLeaseDays and <= StoreLayout.MaxLeaseDays + 2;

    /// <summary>Full days of a lease with this end, which are paid for: 1 to 60.</summary>
    public int PaidDays(DateTimeOffset now) =>
        Math.Clamp(Value - Of(now).Value - 1, StoreLayout.MinLeaseDays, StoreLayout.MaxLeaseDays);
}
