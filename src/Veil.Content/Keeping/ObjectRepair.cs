using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// Puts back what a plan names (spec/keeping.md, section 4): fetches any k shares, computes the lost ones, compares
/// them with their references and stores them by the rule of publication. One run, one owner.
/// </summary>
internal sealed class ObjectRepair
{
    private const int StripesAtOnce = 2;

    private readonly KeepRound _round;
    private readonly RepairMap _map;
    private readonly HealthCount _health;
    private readonly BlockSender _sender;
    private readonly CopyFetcher _copies;
    private long _stored;
    private long _failed;

    public ObjectRepair(KeepRound round, RepairMap map, HealthCount health)
    {
        (_round, _map, _health) = (round, map, health);
        _copies = new CopyFetcher(round.Fetches);
        var options = new PublishOptions { MaxSharesInFlight = round.Options.MaxRequestsInFlight };
        _sender = new BlockSender(round.Fetches.Network, round.Decisions, round.Fetches.Time, options);
    }

    /// <summary>Shares and copies that stores have now and had not before.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Stripes and blocks of which something could not be put back.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Does all of it; what cannot be had or stored is counted and left to the next round.</summary>
    public async Task RunAsync(RepairPlan plan, CancellationToken cancellationToken)
    {
        // Worst first was for choosing; in the order of the file or of need nothing is to be seen.
        StripeHealth[] stripes = [.. plan.Stripes];
        _round.Decisions.Shuffle<StripeHealth>(stripes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TaskWindow window = new(StripesAtOnce);
        try
        {
            foreach (var block in plan.Copies)
            {
                await window.WaitForRoomAsync();
                window.Add(CountFailureAsync(CopiesAsync(block, stop.Token)));
            }

            foreach (var stripe in stripes)
            {
                await window.WaitForRoomAsync();
                window.Add(CountFailureAsync(StripeAsync(stripe, stop.Token)));
            }

            await window.DrainAsync();
        }
        finally
        {
            stop.Cancel();
            await window.SettleAsync();
        }
    }

    private async Task CountFailureAsync(Task<bool> piece)
    {
        try
        {
            if (await piece) return;
        }
        catch (Exception fault) when (fault is ContentUnavailableException or PublishException)
        {
            // Which one it was is of no use to anybody: the next round looks at it again.
        }

        Interlocked.Increment(ref _failed);
    }

    private async Task<bool> CopiesAsync(CopyHealth block, CancellationToken cancellationToken)
    {
        var bytes = await _copies.FetchAsync(block.Reference, cancellationToken);
        try
        {
            var sent = await _sender.SendCopiesAsync(_round.PutGroup, block.Reference, bytes, cancellationToken);
            var placed = Math.Min(block.Copies, Math.Max((int)sent.Acknowledged, block.Placed));
            Interlocked.Add(ref _stored, placed - block.Placed);
            var unreachable = Math.Min(block.Unreachable, block.Copies - placed);
            _health.Set(block with { Placed = placed, Unreachable = unreachable });
            return placed + block.Unreachable >= block.Copies;
        }
        finally
        {
            _round.Fetches.Pool.Return(bytes);
        }
    }

    private async Task<bool> StripeAsync(StripeHealth stripe, CancellationToken cancellationToken)
    {
        var references = await _map.GetSharesAsync(stripe.Stripe, cancellationToken);
        var blocks = await FetchAsync(stripe, references, cancellationToken);
        var rented = blocks.Values.ToList();
        try
        {
            if (blocks.Count < stripe.Shape.DataShares) return false;
            int[] lost = [.. stripe.LostShares()];
            var rebuilt = ShareRebuild.Run(blocks, lost, stripe.Shape.DataShares, _round.Fetches.Pool);
            rented.AddRange(rebuilt.Values);
            if (rebuilt.Any(share => BlockRef.Of(share.Value) != references[share.Key])) return false;
            var stored = await _sender.RestoreSharesAsync(
                _round.PutGroup, references, rebuilt, cancellationToken);
            Interlocked.Add(ref _stored, stored.Count);
            var mask = stored.Aggregate(stripe.PlacedMask, (sum, share) => sum | (1UL << share));
            _health.Set(stripe with { PlacedMask = mask });
            return stored.Count == lost.Length;
        }
        finally
        {
            foreach (var block in rented) _round.Fetches.Pool.Return(block);
        }
    }

    // Those that were found a moment ago, where they are most likely: in turn at their first, second, third … store.
    private async Task<Dictionary<int, byte[]>> FetchAsync(
        StripeHealth stripe,
        BlockRef[] references,
        CancellationToken cancellationToken)
    {
        var (present, remembered) = _round.Ring.PlacesOf(references);
        int[] shares =
            [.. Enumerable.Range(0, references.Length).Where(share => (stripe.PlacedMask >> share & 1) != 0)];
        _round.Decisions.Shuffle<int>(shares);
        var stores = shares.ToDictionary(share => share, share =>
            _round.StoresOfShare(references[share], present[share], remembered[share]));
        var attempts = Enumerable.Range(0, _round.Options.StoresPerShare)
            .SelectMany(turn => shares
                .Where(share => turn < stores[share].Length)
                .Select(share => new ShareAttempt(share, references[share], stores[share][turn])));
        ShareRace race = new(_round.Fetches, stripe.Shape.DataShares, attempts, more: null);
        return await race.RunAsync(cancellationToken);
    }
}
