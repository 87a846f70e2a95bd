using System.Diagnostics;
using Geralt;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// Which blocks of one object a round renews (spec/keeping.md, section 5): each has times of its own, spread over half
/// a lease, so that no two rounds renew the same ones. Without state: what a round missed, the next one makes up for.
/// </summary>
/// <param name="Salt">Of this object at this keeper.</param>
/// <param name="Began">When keeping began.</param>
/// <param name="Every">Between two times of a block: half a lease.</param>
/// <param name="CatchUp">Within which every block is renewed once at first, since the age of its lease is not
/// known.</param>
public sealed record RenewalSchedule(Bytes32 Salt, DateTimeOffset Began, TimeSpan Every, TimeSpan CatchUp)
{
    /// <summary>Whether one of the block's times is after <paramref name="from"/> and not after
    /// <paramref name="to"/>.</summary>
    public bool IsDue(BlockRef reference, DateTimeOffset from, DateTimeOffset to)
    {
        Debug.Assert(Every > TimeSpan.Zero, "a period has a length");
        var fraction = Fraction(reference);
        var first = Began + (CatchUp * fraction);
        if (first > from && first <= to) return true;

        // Of the times Began + fraction * Every + i * Every, i >= 0, the latest that is not after `to`.
        var start = Began + (Every * fraction);
        if (start > to) return false;
        var periods = (to - start).Ticks / Every.Ticks;
        return start + TimeSpan.FromTicks(periods * Every.Ticks) > from;
    }

    /// <summary>Tells nothing: the salt makes orders.</summary>
    public override string ToString() => nameof(RenewalSchedule);

    private double Fraction(BlockRef reference)
    {
        Span<byte> input = stackalloc byte[2 * Bytes32.Size];
        Salt.AsSpan().CopyTo(input);
        reference.Value.AsSpan().CopyTo(input[Bytes32.Size..]);
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);

        // 53 bits: what a double holds exactly, so that the fraction stays below 1.
        return (digest.Prefix64() >> 11) * (1.0 / (1UL << 53));
    }
}
