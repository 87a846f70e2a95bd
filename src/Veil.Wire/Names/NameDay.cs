using System.Globalization;

namespace Veil.Wire.Names;

/// <summary>A day of UTC, counted from 1970-01-01 (spec/name.md, section 2).</summary>
public readonly record struct NameDay(uint Value) : IComparable<NameDay>
{
    private const long SecondsPerDay = 86_400;

    /// <summary>The day of a moment; days before 1970 and after the year 9999 do not occur.</summary>
    public static NameDay Of(DateTimeOffset moment) =>
        new((uint)Math.Max(0, moment.ToUnixTimeSeconds() / SecondsPerDay));

    /// <summary>The day so many days later, or earlier; never before day 0.</summary>
    public NameDay Plus(int days) => new((uint)Math.Clamp(Value + (long)days, 0, uint.MaxValue));

    /// <summary>When it begins.</summary>
    public DateTimeOffset Start => DateTimeOffset.FromUnixTimeSeconds(Value * SecondsPerDay);

    /// <summary>Whether it is one of the days from <paramref name="first"/> to <paramref name="last"/>.</summary>
    public bool IsWithin(NameDay first, NameDay last) => first.Value <= Value && Value <= last.Value;

    /// <inheritdoc/>
    public int CompareTo(NameDay other) => Value.CompareTo(other.Value);

    /// <summary>As <c>2026-11-28</c>; the number where there is no such date.</summary>
    public override string ToString() => Value < 2_932_897
        ? Start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Earlier.</summary>
    public static bool operator <(NameDay left, NameDay right) => left.Value < right.Value;

    /// <summary>Later.</summary>
    public static bool operator >(NameDay left, NameDay right) => left.Value > right.Value;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(NameDay left, NameDay right) => left.Value <= right.Value;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(NameDay left, NameDay right) => left.Value >= right.Value;
}

/// <summary>An Ed25519 public key blinded for one day (spec/name.md, section 2): under which a store knows a record.
/// </summary>
public readonly record struct BlindedKey(Bytes32 Value);
