using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Stripes;

/// <summary>
/// A whole stripe map in memory (spec/stripe.md, section 3): what the holder of a repair capability checks, renews and
/// rebuilds by. With full parity, 96 bytes for each 32 KiB of content. References only: not secret in itself, but it
/// says what belongs together.
/// </summary>
public sealed class StripeMap
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private StripeMap(ReadOnlyMemory<byte> bytes, StripePlan plan)
    {
        _bytes = bytes;
        Plan = plan;
    }

    /// <summary>Leaves and parity.</summary>
    public StripePlan Plan { get; }

    /// <summary>Number of inner nodes.</summary>
    public long InnerCount => ErisLayout.InnerCount(Plan.Leaves);

    /// <summary>Takes a map apart without copying it. False where the layout is broken in any way.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out StripeMap? map)
    {
        var valid = StripeMapLayout.TryReadHeader(bytes.Span, out var plan)
            && bytes.Length == StripeMapLayout.Length(plan);
        map = valid ? new StripeMap(bytes, plan) : null;
        return valid;
    }

    /// <summary>References of a stripe's shares, data first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stripe.</exception>
    public BlockRef[] Shares(long stripe) =>
        References(StripeMapLayout.StripeOffset(Plan, stripe), Plan.ShapeOf(stripe).TotalShares);

    /// <summary>References of all inner nodes, in the order in which they were complete.</summary>
    public BlockRef[] InnerNodes() => References(StripeMapLayout.InnerOffset(Plan), (int)InnerCount);

    private BlockRef[] References(long offset, int count)
    {
        var references = new BlockRef[count];
        for (var index = 0; index < count; index++)
        {
            var start = (int)offset + (index * Bytes32.Size);
            references[index] = new BlockRef(new Bytes32(_bytes.Span.Slice(start, Bytes32.Size)));
        }

        return references;
    }
}
