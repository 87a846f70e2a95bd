using Veil.Wire.Store;

namespace Veil.Storage.Blocks;

/// <summary>Until when a store keeps a block (spec/store.md, section 4).</summary>
/// <param name="EndUnixSeconds">First second at which the block may go; never 0. 32 bits last until 2106.</param>
public readonly record struct Lease(uint EndUnixSeconds) : IComparable<Lease>
{
    /// <summary>
    /// A lease until a day begins: a renewal that gains less than a day leaves no trace on disk, so that repeating it
    /// costs the one who repeats and not the store.
    /// </summary>
    public static Lease Until(LeaseDay end) => new((uint)end.StartUnixSeconds);

    /// <summary>A lease of at least so many days from now on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 to 60 days.</exception>
    public static Lease ForDays(ushort days, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(days, StoreLayout.MinLeaseDays);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, StoreLayout.MaxLeaseDays);
        return Until(LeaseDay.ForDays(days, time.GetUtcNow()));
    }

    /// <summary>Whether the block may go at <paramref name="now"/>.</summary>
    public bool IsOver(DateTimeOffset now) => EndUnixSeconds <= now.ToUnixTimeSeconds();

    /// <inheritdoc/>
    public int CompareTo(Lease other) => EndUnixSeconds.CompareTo(other.EndUnixSeconds);

    /// <summary>Ends earlier.</summary>
    public static bool operator <(Lease left, Lease right) => left.CompareTo(right) < 0;

    /// <summary>Ends later.</summary>
    public static bool operator >(Lease left, Lease right) => left.CompareTo(right) > 0;

    /// <summary>Ends earlier or at the same second.</summary>
    public static bool operator <=(Lease left, Lease right) => left.CompareTo(right) <= 0;

    /// <summary>Ends later or at the same second.</summary>
    public static bool operator >=(Lease left, Lease right) => left.CompareTo(right) >= 0;
}
