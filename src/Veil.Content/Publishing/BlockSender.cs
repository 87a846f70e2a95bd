using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Content.Publishing;

/// <summary>
/// Brings stripes and copied blocks to their stores, goes on to others where one cannot, and counts what was
/// acknowledged. Owned by one publication. Safe for concurrent use.
/// </summary>
internal sealed class BlockSender(
    IBlockNetwork network,
    DecisionSource decisions,
    TimeProvider time,
    PublishOptions options)
{
    // One more try where a circuit broke: readers look at the first place first.
    private const int TriesPerStore = 2;

    private readonly InFlightWindow _window = new(options.MaxSharesInFlight, decisions);
    private readonly StoreHealth _health = new(time);
    private readonly RedundancyCount _redundancy = new();

    // Those whose last answer was that they are full, or that they ask too much; as large as the ring.
    private readonly ConcurrentDictionary<RelayId, StoreOutcome> _full = new();
    private long _shares;
    private long _acknowledged;

    // When something was last acknowledged, or began after nothing had been under way.
    private long _lastProgress;
    private int _underWay;

    /// <summary>What was acknowledged so far really gives.</summary>
    public Redundancy Redundancy => _redundancy.Total;

    /// <summary>Shares and copies that were to be stored so far.</summary>
    public long Shares => Interlocked.Read(ref _shares);

    /// <summary>Those that a store has.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Counts what an earlier run stored.</summary>
    public void TakeOver(StoredReport earlier)
    {
        Interlocked.Add(ref _shares, earlier.Shares);
        Interlocked.Add(ref _acknowledged, earlier.Acknowledged);
        _redundancy.Add(earlier.StoresThatMayBeLost);
    }

    /// <summary>Stores all shares of a stripe.</summary>
    /// <exception cref="PublishException">Fewer than needed were acknowledged.</exception>
    public async Task<StoredReport> SendStripeAsync(
        IsolationGroup group,
        StripeShape shape,
        BlockRef[] references,
        byte[][] blocks,
        CancellationToken cancellationToken)
    {
        StripeLedger ledger = new(network.Ring, references);
        var order = Enumerable.Range(0, references.Length).ToArray();
        decisions.Shuffle<int>(order);
        Interlocked.Add(ref _shares, order.Length);
        var holders = await SendInRoundsAsync(
            order,
            shape.NeededShares,
            share => SendShareAsync(group, ledger, share, (references[share], blocks[share]), cancellationToken),
            ledger.Restart,
            cancellationToken);
        if (holders.Count < shape.NeededShares)
        {
            throw TooFew($"a stripe reached {holders.Count} of {order.Length} shares and needs {shape.NeededShares}");
        }

        return new(order.Length, holders.Count, _redundancy.Add(holders, shape.DataShares));
    }

    /// <summary>Stores a block in ten copies, or in as many as there are stores.</summary>
    /// <returns>What came of it.</returns>
    /// <exception cref="PublishException">Fewer than half were acknowledged.</exception>
    public async Task<StoredReport> SendCopiesAsync(
        IsolationGroup group,
        BlockRef reference,
        byte[] block,
        CancellationToken cancellationToken)
    {
        var ring = network.Ring;
        var copies = Placement.OfCopies(ring, reference).Length;
        Interlocked.Add(ref _shares, copies);
        CopyPlaces places = new(Placement.Alternatives(ring, reference).Take(2 * Placement.Copies));
        var holders = await SendInRoundsAsync(
            [.. Enumerable.Range(0, copies)],
            Placement.NeededCopies(copies),
            _ => SendCopyAsync(group, places, (reference, block), cancellationToken),
            _ => places.Restart(),
            cancellationToken);
        if (holders.Count < Placement.NeededCopies(copies))
        {
            throw TooFew(
                $"a block reached {holders.Count} of {copies} copies and needs {Placement.NeededCopies(copies)}");
        }

        return new(copies, holders.Count, _redundancy.Add(holders, 1));
    }

    /// <summary>Stores some shares of a stripe whose others are where they are (spec/keeping.md, section 4).</summary>
    /// <param name="group">Whose trunks to use.</param>
    /// <param name="references">Of all shares of the stripe: places depend on earlier ones.</param>
    /// <param name="blocks">Those to be stored, by number.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Numbers of those that a store has.</returns>
    /// <exception cref="PublishException">No store has taken anything for long.</exception>
    public async Task<IReadOnlyList<int>> RestoreSharesAsync(
        IsolationGroup group,
        BlockRef[] references,
        IReadOnlyDictionary<int, byte[]> blocks,
        CancellationToken cancellationToken)
    {
        StripeLedger ledger = new(network.Ring, references);
        int[] order = [.. blocks.Keys];
        decisions.Shuffle<int>(order);
        Interlocked.Add(ref _shares, order.Length);
        ConcurrentDictionary<int, bool> stored = [];
        await SendInRoundsAsync(
            order,
            order.Length,
            async share =>
            {
                var holder = await SendShareAsync(
                    group, ledger, share, (references[share], blocks[share]), cancellationToken);
                if (holder is not null) stored[share] = true;
                return holder;
            },
            ledger.Restart,
            cancellationToken);
        return [.. stored.Keys];
    }

    /// <summary>
    /// Sends each piece; where too few arrived, those that did not, once more after a pause: all circuits of a client
    /// may fail for a while (spec/stripe.md, section 6).
    /// </summary>
    private async Task<List<RelayId>> SendInRoundsAsync(
        int[] pieces,
        int needed,
        Func<int, Task<RelayId?>> send,
        Action<int> restart,
        CancellationToken cancellationToken)
    {
        Patience patience = new(time, options.Patience);
        List<RelayId> holders = [];
        while (true)
        {
            var stores = await Task.WhenAll(pieces.Select(send));
            if (stores.Any(store => store is not null)) patience.Succeeded();
            holders.AddRange(stores.OfType<RelayId>());
            pieces = [.. pieces.Where((_, index) => stores[index] is null)];

            // Full stores do not empty themselves in seconds, nor do dear ones grow cheap.
            if (holders.Count >= needed || !_full.IsEmpty || !await patience.WaitAsync(cancellationToken))
            {
                return holders;
            }

            foreach (var piece in pieces) restart(piece);
        }
    }

    private async Task<RelayId?> SendShareAsync(
        IsolationGroup group,
        StripeLedger ledger,
        int share,
        (BlockRef Reference, byte[] Bytes) block,
        CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        try
        {
            RelayId? failed = null;
            HashSet<RelayId> tried = [];
            for (var tries = 0; tries < options.MaxTriesPerShare; tries++)
            {
                // A place that is known to be bad is passed over while there are others.
                var store = ledger[share];
                if (tries > 0 || !_health.IsSuspect(store))
                {
                    var outcome = await TryStoreAsync(group, store, block, cancellationToken);
                    if (outcome == StoreOutcome.Done) return store;
                    if (outcome == StoreOutcome.Failed) failed ??= store;
                    tried.Add(store);
                }

                if (!ledger.TryMove(share, tried, _health)) break;
            }

            // The first that merely failed may have come back; it is also where readers look first.
            return failed is { } first
                && await TryStoreAsync(group, first, block, cancellationToken) == StoreOutcome.Done
                    ? first
                    : null;
        }
        finally
        {
            Leave();
        }
    }

    private async Task<RelayId?> SendCopyAsync(
        IsolationGroup group,
        CopyPlaces places,
        (BlockRef Reference, byte[] Bytes) block,
        CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        try
        {
            while (places.TryTake(_health, out var store))
            {
                var outcome = await TryStoreAsync(group, store, block, cancellationToken);
                if (outcome == StoreOutcome.Done) return store;
                places.Report(store, outcome);
            }

            // In a small ring no other store stands in: one that is not known to be bad is worth a moment's wait.
            if (!places.TryTakeAgain(_health, out var again)) return null;
            await Task.Delay(Patience.FirstPause, time, cancellationToken);
            var last = await TryStoreAsync(group, again, block, cancellationToken);
            if (last == StoreOutcome.Done) return again;
            places.Report(again, last);
            return null;
        }
        finally
        {
            Leave();
        }
    }

    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        await _window.EnterAsync(cancellationToken);
        if (Interlocked.Increment(ref _underWay) == 1) Interlocked.Exchange(ref _lastProgress, time.GetTimestamp());
    }

    private void Leave()
    {
        Interlocked.Decrement(ref _underWay);
        _window.Leave();
    }

    private PublishException TooFew(string reached) => _full.IsEmpty
        ? new PublishException(PublishFault.TooFewAcknowledged, reached)
        : new PublishException(PublishFault.StoresFull, $"{TellFull()}: {reached}");

    private string TellFull()
    {
        var full = _full.Values.Count(outcome => outcome == StoreOutcome.Full);
        var dear = _full.Count - full;
        var tooDear = dear == 0
            ? ""
            : $"{(full == 0 ? "" : "; ")}{dear} of {network.Ring.Count} ask for more than this node pays "
                + "(Stamps:MaxPrice)";
        return (full == 0 ? "" : $"{full} of {network.Ring.Count} stores are full") + tooDear;
    }

    private void ThrowIfStalled()
    {
        if (time.GetElapsedTime(Interlocked.Read(ref _lastProgress)) >= options.StallTimeout)
        {
            throw new PublishException(
                PublishFault.Stalled,
                $"no store has taken a block for {options.StallTimeout.TotalSeconds:0} seconds");
        }
    }

    private async Task<StoreOutcome> TryStoreAsync(
        IsolationGroup group,
        RelayId store,
        (BlockRef Reference, byte[] Bytes) block,
        CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            ThrowIfStalled();
            var began = time.GetTimestamp();
            var outcome = await network.StoreAsync(group, store, block.Reference, block.Bytes, cancellationToken);
            _health.Report(store, outcome, began);
            if (outcome is StoreOutcome.Full or StoreOutcome.TooDear) _full[store] = outcome;
            if (outcome == StoreOutcome.Done)
            {
                _full.TryRemove(store, out _);
                Interlocked.Increment(ref _acknowledged);
                Interlocked.Exchange(ref _lastProgress, time.GetTimestamp());
            }

            if (outcome != StoreOutcome.Failed || tries == TriesPerStore || _health.IsSuspect(store)) return outcome;
        }
    }
}
