using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// Adds up what a round finds and restores, in bounded memory: only what is not full is remembered by itself. Safe for
/// concurrent use.
/// </summary>
internal sealed class HealthCount(int maxIncomplete)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, StripeHealth> _stripes = [];
    private readonly Dictionary<BlockRef, CopyHealth> _copies = [];
    private long _stripeCount;
    private long _copiedBlocks;
    private PartCounts _fullShares;
    private PartCounts _fullCopies;
    private StripeHealth? _worst;
    private int _worstCopies = int.MaxValue;
    private bool _healthy = true;
    private long _broken;

    /// <summary>Adds a stripe, or replaces what was known of it.</summary>
    public void Set(StripeHealth stripe)
    {
        lock (_lock)
        {
            if (_stripes.Remove(stripe.Stripe)) _stripeCount--;
            _stripeCount++;
            if (stripe.Placed < stripe.Shape.TotalShares && _stripes.Count < maxIncomplete)
            {
                _stripes.Add(stripe.Stripe, stripe);
                return;
            }

            _fullShares = Add(_fullShares, stripe.Shape.TotalShares, stripe.Placed, stripe.Unreachable);
            TakeNote(stripe, ref _worst, ref _healthy, ref _broken);
        }
    }

    /// <summary>Adds a block in copies, or replaces what was known of it.</summary>
    public void Set(CopyHealth block)
    {
        lock (_lock)
        {
            if (_copies.Remove(block.Reference)) _copiedBlocks--;
            _copiedBlocks++;
            if (block.Placed < block.Copies && _copies.Count < maxIncomplete)
            {
                _copies.Add(block.Reference, block);
                return;
            }

            _fullCopies = Add(_fullCopies, block.Copies, block.Placed, block.Unreachable);
            _worstCopies = Math.Min(_worstCopies, block.Placed);
            _healthy &= block.Placed > block.Threshold || block.Placed == block.Copies;
        }
    }

    /// <summary>What is known of a stripe that is not full, or null.</summary>
    public StripeHealth? Find(long stripe)
    {
        lock (_lock) return _stripes.TryGetValue(stripe, out var found) ? found : null;
    }

    /// <summary>All of it as it is now.</summary>
    public ObjectHealth Take((int Asked, int Silent) stores)
    {
        lock (_lock)
        {
            var (worst, healthy, broken, worstCopies) = (_worst, _healthy, _broken, _worstCopies);
            var (shares, copies) = (_fullShares, _fullCopies);
            foreach (var stripe in _stripes.Values)
            {
                shares = Add(shares, stripe.Shape.TotalShares, stripe.Placed, stripe.Unreachable);
                TakeNote(stripe, ref worst, ref healthy, ref broken);
            }

            foreach (var block in _copies.Values)
            {
                copies = Add(copies, block.Copies, block.Placed, block.Unreachable);
                worstCopies = Math.Min(worstCopies, block.Placed);
                healthy &= block.Placed > block.Threshold;
            }

            return new ObjectHealth
            {
                Stripes = _stripeCount,
                Shares = shares,
                WorstStripe = worst ?? default,
                StripesBroken = broken,
                CopiedBlocks = _copiedBlocks,
                Copies = copies,
                WorstCopies = worstCopies,
                IsHealthy = healthy,
                Stores = stores,
                Incomplete = [.. _stripes.Values],
                IncompleteCopies = [.. _copies.Values],
            };
        }
    }

    private static void TakeNote(StripeHealth stripe, ref StripeHealth? worst, ref bool healthy, ref long broken)
    {
        // Of equals the longer one: 48 of 48 says more than 10 of 10.
        if (worst is not { } known || stripe.Margin < known.Margin
            || (stripe.Margin == known.Margin && stripe.Shape.TotalShares > known.Shape.TotalShares))
        {
            worst = stripe;
        }

        healthy &= stripe.Placed > stripe.Threshold;
        if (!stripe.IsReadable) broken++;
    }

    private static PartCounts Add(PartCounts sum, int needed, int placed, int unreachable) =>
        new(sum.Needed + needed, sum.Placed + placed, sum.Unreachable + unreachable);
}
