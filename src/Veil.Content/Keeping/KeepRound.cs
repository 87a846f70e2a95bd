using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Directory.Ring;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Content.Keeping;

/// <summary>
/// What all parts of one round share: the ring as it was when it began, groups of its own, who answers, what is due for
/// renewal. Safe for concurrent use.
/// </summary>
internal sealed class KeepRound
{
    private readonly IsolationGroup _putGroup;
    private readonly Func<BlockRef, bool> _isDue;
    private readonly Func<RelayId, bool> _isGivenUp;
    private readonly bool _withoutGrace;
    private long _renewed;
    private long _renewalsFailed;

    /// <param name="network">The stores.</param>
    /// <param name="seams">Choices and the clock.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="ring">Where blocks are and may be.</param>
    /// <param name="judgement">Which blocks are to be renewed, which stores were silent for too long, and whether any
    /// silence is too long.</param>
    internal KeepRound(
        IBlockNetwork network,
        (DecisionSource Decisions, TimeProvider Time) seams,
        KeepingOptions options,
        KeepRing ring,
        (Func<BlockRef, bool> IsDue, Func<RelayId, bool> IsGivenUp, bool WithoutGrace) judgement)
    {
        // Groups of their own: nothing that this node does besides shares a trunk with a round, and no two rounds do.
        var name = $"keep-{seams.Decisions.NextUInt64():x16}";
        _putGroup = new($"{name}-put");
        (_isDue, _isGivenUp, _withoutGrace) = judgement;
        Ring = ring;
        Options = options;
        Tally = new StoreTally(seams.Time);
        Fetches = new FetchContext(
            network,
            new($"{name}-get"),
            seams.Decisions,
            seams.Time,
            new ReaderOptions { MaxSharesInFlight = options.MaxRequestsInFlight });
    }

    /// <summary>The ring of this round.</summary>
    public KeepRing Ring { get; }

    /// <summary>Bounds.</summary>
    public KeepingOptions Options { get; }

    /// <summary>The longest wait before a renewal, so that those of one stripe are not made together.</summary>
    public TimeSpan RenewalPause { get; set; }

    /// <summary>Who answers.</summary>
    public StoreTally Tally { get; }

    /// <summary>Fetching, for what is read besides being looked for.</summary>
    public FetchContext Fetches { get; }

    /// <summary>Choices.</summary>
    public DecisionSource Decisions => Fetches.Decisions;

    /// <summary>The group of everything that is stored.</summary>
    public IsolationGroup PutGroup => _putGroup;

    /// <summary>Leases that were renewed.</summary>
    public long Renewed => Interlocked.Read(ref _renewed);

    /// <summary>Renewals that were due and did not come about.</summary>
    public long RenewalsFailed => Interlocked.Read(ref _renewalsFailed);

    /// <summary>Whether what a store should have cannot be told from what is lost.</summary>
    public bool MayHold(RelayId store, StoreOutcome? outcome) =>
        !_withoutGrace && !IsGivenUp(store) && (!Ring.IsListed(store) || outcome == StoreOutcome.Failed);

    /// <summary>Where the copies of a block are, in the order of a ring: a store that was silent for the grace has
    /// its place taken by the next one, as at publication, within what readers look at.</summary>
    public IEnumerable<RelayId> PlacesOfCopies(StoreRing ring, BlockRef reference) =>
        StoresOfCopies(ring, reference).Take(Placement.Copies);

    /// <summary>Where readers look for copies of a block, and publications go on to when a place fails.</summary>
    public IEnumerable<RelayId> StoresOfCopies(StoreRing ring, BlockRef reference) => Placement
        .Alternatives(ring, reference)
        .Take(2 * Placement.Copies)
        .Where(store => !IsGivenUp(store));

    /// <summary>Where a share may be: its places, which are asked even when they were silent for long, then the next
    /// stores.</summary>
    public RelayId[] StoresOfShare(BlockRef reference, RelayId present, RelayId remembered) =>
    [
        .. new[] { present, remembered }
            .Concat(Placement.Alternatives(Ring.Present, reference).Where(store => !IsGivenUp(store)))
            .Where(Ring.IsListed)
            .Distinct()
            .Take(Options.StoresPerShare),
    ];

    /// <summary>Asks a store for a block; when it has it and the lease is due, renews it there.</summary>
    /// <param name="store">A store of the ring.</param>
    /// <param name="reference">Which block.</param>
    /// <param name="buffer">32,768 bytes for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoreOutcome> LookAsync(
        RelayId store,
        BlockRef reference,
        byte[] buffer,
        CancellationToken cancellationToken)
    {
        var outcome = await AskAsync(store, reference, buffer, cancellationToken);
        if (outcome == StoreOutcome.Done && _isDue(reference))
        {
            await RenewAsync(store, reference, buffer, cancellationToken);
        }

        return outcome;
    }

    /// <summary>A renewal that is due and cannot be made, because the block was not found.</summary>
    public void MissRenewal(BlockRef reference)
    {
        if (_isDue(reference)) Interlocked.Increment(ref _renewalsFailed);
    }

    private bool IsGivenUp(RelayId store) => _isGivenUp(store) && !Tally.HasAnswered(store);

    private async Task<StoreOutcome> AskAsync(
        RelayId store,
        BlockRef reference,
        byte[] buffer,
        CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            if (Tally.IsResting(store)) return StoreOutcome.Failed;
            var began = Fetches.Time.GetTimestamp();
            var outcome = await Fetches.FetchAsync(store, reference, buffer, cancellationToken);
            Tally.Report(store, outcome, began);
            if (outcome != StoreOutcome.Failed || tries > 1 || !FaultRun.IsSoon(Fetches.Time, began))
            {
                return outcome;
            }
        }
    }

    private async Task RenewAsync(
        RelayId store,
        BlockRef reference,
        byte[] block,
        CancellationToken cancellationToken)
    {
        if (RenewalPause > TimeSpan.Zero)
        {
            await Task.Delay(Decisions.NextTime(TimeSpan.Zero, RenewalPause), Fetches.Time, cancellationToken);
        }

        await Fetches.Window.EnterAsync(cancellationToken);
        try
        {
            var outcome = await Fetches.Network.RenewAsync(_putGroup, store, reference, block, cancellationToken);
            Interlocked.Increment(ref outcome == StoreOutcome.Done ? ref _renewed : ref _renewalsFailed);
        }
        finally
        {
            Fetches.Window.Leave();
        }
    }
}
