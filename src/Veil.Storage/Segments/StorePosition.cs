namespace Veil.Storage.Segments;

/// <summary>A place in the order of all slots of a store.</summary>
/// <param name="Segment">Number of the segment, 0 before the first.</param>
/// <param name="Slot">The slot in it.</param>
public readonly record struct StorePosition(uint Segment, int Slot) : IComparable<StorePosition>
{
    /// <inheritdoc/>
    public int CompareTo(StorePosition other) => (Segment, Slot).CompareTo((other.Segment, other.Slot));

    /// <summary>Comes before.</summary>
    public static bool operator <(StorePosition left, StorePosition right) => left.CompareTo(right) < 0;

    /// <summary>Comes after.</summary>
    public static bool operator >(StorePosition left, StorePosition right) => left.CompareTo(right) > 0;

    /// <summary>Comes before or is the same.</summary>
    public static bool operator <=(StorePosition left, StorePosition right) => left.CompareTo(right) <= 0;

    /// <summary>Comes after or is the same.</summary>
    public static bool operator >=(StorePosition left, StorePosition right) => left.CompareTo(right) >= 0;
}
