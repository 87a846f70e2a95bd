using Veil.Content.Edge;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Content.Stores;

/// <summary>
/// Pays for leases (spec/stamp.md, section 5): finds the stamp at the price that is known, and again at the price that
/// a refusal tells; never above the node's own limit. Safe for concurrent use.
/// </summary>
/// <param name="network">The network that stamps are of.</param>
/// <param name="options">The limit.</param>
/// <param name="time">Says which day it is.</param>
internal sealed class StampPayer(NetworkId network, StoreClientOptions options, TimeProvider time)
{
    /// <summary>PUTs of one block to one store in a row: one at the price that is known, and two at what refusals
    /// tell, because a price may rise meanwhile.</summary>
    internal const int MaxTries = 3;

    private readonly StampMint _mint = new();

    /// <summary>Puts a block under a lease that is paid for.</summary>
    /// <param name="block">The store, and the block.</param>
    /// <param name="lease">For how many days, and whether the store is known to have it: a full store is paid,
    /// too.</param>
    /// <param name="known">What the store asked when it last answered on this connection, or nothing.</param>
    /// <param name="put">Sends it with this lease.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask<StoreOutcome> StoreAsync(
        (RelayId Store, BlockRef Reference) block,
        (ushort Days, bool Renews) lease,
        StampPrice known,
        Func<PaidLease, ValueTask<PutAnswer>> put,
        CancellationToken cancellationToken)
    {
        var end = LeaseDay.ForDays(lease.Days, time.GetUtcNow());
        var terms = new StampTerms(network, block.Store, block.Reference, end);
        var price = known;
        for (var tries = 1; ; tries++)
        {
            if (price.HashesPerDay > options.MaxPrice)
            {
                return StoreOutcome.TooDear;
            }

            var stamp = await _mint.FindAsync(terms, Work(price, lease.Days), cancellationToken);
            var answer = await put(new PaidLease(end, stamp));
            var isUnpaid = answer.Refusal == StoreRefusal.Unpaid
                || (answer.Refusal == StoreRefusal.Full && lease.Renews && answer.Price > price);
            if (!isUnpaid)
            {
                return answer.Outcome;
            }

            // What refuses the stamp that it asked for, or asks for more each time, is to be left alone.
            if (tries == MaxTries)
            {
                return StoreOutcome.TooDear;
            }

            price = answer.Price;
        }
    }

    // One day more than the lease has, where that counts: the store's clock may be a day behind.
    private static ulong Work(StampPrice price, ushort days) => price.Work(days + 1);
}
