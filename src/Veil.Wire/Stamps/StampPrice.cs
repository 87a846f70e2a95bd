using System.Diagnostics;
using Veil.Wire.Store;

namespace Veil.Wire.Stamps;

/// <summary>
/// What a store asks for a lease: how many hashes finding the stamp of one block takes on average, for each day of the
/// lease (spec/stamp.md, section 3). 0 asks for no stamp.
/// </summary>
public readonly record struct StampPrice(uint HashesPerDay) : IComparable<StampPrice>
{
    /// <summary>Nothing is asked.</summary>
    public static StampPrice Free { get; }

    /// <summary>Hashes that a stamp for a lease of so many days takes on average.</summary>
    /// <param name="days">At least 1; more than 60 cost what 60 do.</param>
    public ulong Work(int days)
    {
        Debug.Assert(days > 0);
        return HashesPerDay * (ulong)Math.Min(days, StoreLayout.MaxLeaseDays);
    }

    /// <inheritdoc/>
    public int CompareTo(StampPrice other) => HashesPerDay.CompareTo(other.HashesPerDay);

    /// <summary>Asks for less.</summary>
    public static bool operator <(StampPrice left, StampPrice right) => left.HashesPerDay < right.HashesPerDay;

    /// <summary>Asks for more.</summary>
    public static bool operator >(StampPrice left, StampPrice right) => left.HashesPerDay > right.HashesPerDay;

    /// <summary>Asks for no more.</summary>
    public static bool operator <=(StampPrice left, StampPrice right) => left.HashesPerDay <= right.HashesPerDay;

    /// <summary>Asks for no less.</summary>
    public static bool operator >=(StampPrice left, StampPrice right) => left.HashesPerDay >= right.HashesPerDay;
}
