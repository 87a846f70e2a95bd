using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Store;

namespace Veil.Node.Stores;

/// <summary>
/// Brings one block of a store that leaves to another store, as anybody would who puts back what is missing
/// (spec/store.md, section 12).
/// </summary>
internal sealed class HandOver(IBlockNetwork network, RelayId self)
{
    private const int Groups = 4;

    private static readonly ushort[] LeaseDays = [7, 15, 30, StoreLayout.MaxLeaseDays];

    /// <summary>One of the groups, by chance: blocks that came together leave over different trunks.</summary>
    internal static IsolationGroup ChooseGroup(DecisionSource decisions) =>
        new($"store/drain/{decisions.NextIndex(Groups)}");

    /// <summary>Offers the block to the stores at which readers look.</summary>
    /// <param name="group">Whose trunks to use.</param>
    /// <param name="reference">The block's name.</param>
    /// <param name="block">Exactly 32,768 bytes.</param>
    /// <param name="lease">What remains of its lease; and whether it is offered for the first time, so that the first
    /// store's having it says that the block is one in copies.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether another store has it now.</returns>
    internal async Task<bool> OfferAsync(
        IsolationGroup group,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        (TimeSpan Left, bool IsFirst) lease,
        CancellationToken cancellationToken)
    {
        RelayId[] stores =
        [
            .. Placement.Alternatives(network.Ring.Without(self), reference).Take(Placement.StoresLookedAt),
        ];
        var scratch = new byte[StoreLayout.BlockBytes];
        var isElsewhere = false;
        for (var place = 0; place < stores.Length; place++)
        {
            var outcome = await network.FetchAsync(group, stores[place], reference, scratch, cancellationToken);
            if (outcome == StoreOutcome.NotFound)
            {
                outcome = await network.StoreForDaysAsync(
                    (group, stores[place]), reference, block, DaysFor(lease.Left), cancellationToken);
                if (outcome == StoreOutcome.Done)
                {
                    return true;
                }
            }
            else if (outcome == StoreOutcome.Done)
            {
                if (!lease.IsFirst || place > 0 || stores.Length < Placement.Copies)
                {
                    return true;
                }

                // One in copies: the tenth place of the ring without this store is the one that lacks it.
                isElsewhere = true;
                place = Placement.Copies - 2;
            }
        }

        return isElsewhere;
    }

    /// <summary>The lease to ask for: coarse, so that its days do not tell when the block was brought.</summary>
    internal static ushort DaysFor(TimeSpan left) =>
        LeaseDays.FirstOrDefault(days => left <= TimeSpan.FromDays(days), LeaseDays[^1]);
}
