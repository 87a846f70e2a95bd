using System.Globalization;
using Microsoft.Extensions.Logging;
using Veil.Content.Edge;
using Veil.Content.Keeping;
using Veil.Links.Tasks;
using Veil.Storage;
using Veil.Storage.State;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Node.Keeping;

/// <summary>
/// What this node keeps alive, and the rounds that do it (spec/keeping.md, section 6): one after the other, at times
/// that are remembered. Safe for concurrent use.
/// </summary>
internal sealed partial class KeepingService
{
    private const int CatchUpIntervals = 3;
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan NotLiveWait = TimeSpan.FromSeconds(1);

    private readonly Keeper _keeper;
    private readonly INodeState? _state;
    private readonly TimeProvider _time;
    private readonly DecisionSource _decisions;
    private readonly Func<bool> _isLive;
    private readonly ILogger _logger;
    private readonly AsyncSignal _wake = new();

    // Held while entries change: what was given up must not come back with the end of its last round.
    private readonly Turnstile _changing = new(1);

    /// <param name="keeper">Does the rounds.</param>
    /// <param name="state">Remembers; null for a node that lives once, which keeps nothing.</param>
    /// <param name="seams">Clock and choices.</param>
    /// <param name="isLive">Whether the network can be used.</param>
    /// <param name="logger">Never shows a key, a name or an id.</param>
    internal KeepingService(
        Keeper keeper,
        INodeState? state,
        (TimeProvider Time, DecisionSource Decisions) seams,
        Func<bool> isLive,
        ILogger logger)
    {
        (_keeper, _state, _isLive, _logger) = (keeper, state, isLive, logger);
        (_time, _decisions) = seams;
    }

    /// <summary>All that is kept, oldest first.</summary>
    internal async Task<IReadOnlyList<KeepEntry>> ListAsync(CancellationToken cancellationToken) =>
        _state is null ? [] : await _state.ListKeepsAsync(cancellationToken);

    /// <summary>Keeps something from now on.</summary>
    /// <returns>Its entry, and false when it was kept before.</returns>
    /// <exception cref="KeepingException">This node remembers nothing.</exception>
    /// <exception cref="StateFullException">No more can be kept.</exception>
    internal async Task<(KeepEntry Entry, bool IsNew)> AddAsync(
        RepairKey key,
        string name,
        long? bytes,
        CancellationToken cancellationToken)
    {
        var state = _state ?? throw new KeepingException("this node remembers nothing, so it can keep nothing");
        await _changing.EnterAsync(cancellationToken);
        try
        {
            if (Find(await state.ListKeepsAsync(cancellationToken), key.Root) is { } known) return (known, false);
            var now = _time.GetUtcNow();
            Span<byte> salt = stackalloc byte[Bytes32.Size];
            _decisions.Fill(salt);
            var entry = new KeepEntry(
                _decisions.NextBelow(1UL << 40).ToString("x10", CultureInfo.InvariantCulture),
                name,
                bytes,
                key.Format(),
                new Bytes32(salt),
                now)
            {
                RenewedUntil = now - TimeSpan.FromMilliseconds(1),
                NextRoundAt = RoundTimes.Soon(now, _keeper.Options.Interval, _decisions),
            };
            await state.PutKeepAsync(entry, cancellationToken);
            _wake.Wake();
            return (entry, true);
        }
        finally
        {
            _changing.Leave();
        }
    }

    /// <summary>Keeps something no longer.</summary>
    /// <param name="isMeant">Finds it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it was, or null when there is no such thing.</returns>
    internal async Task<KeepEntry?> RemoveAsync(Func<KeepEntry, bool> isMeant, CancellationToken cancellationToken)
    {
        await _changing.EnterAsync(cancellationToken);
        try
        {
            var entry = (await ListAsync(cancellationToken)).FirstOrDefault(isMeant);
            return entry is not null && await _state!.RemoveKeepAsync(entry.LocalId, cancellationToken) ? entry : null;
        }
        finally
        {
            _changing.Leave();
        }
    }

    /// <summary>A round at once, without pauses, that puts back all that is lost.</summary>
    /// <exception cref="ContentUnavailableException">The stripe map cannot be had, or is none.</exception>
    internal Task<RoundReport> RunNowAsync(KeepEntry entry, bool withoutGrace, CancellationToken cancellationToken) =>
        RunAsync(
            entry,
            Request(entry) with { IsWhole = true, WithoutGrace = withoutGrace },
            cancellationToken);

    /// <summary>Makes rounds when they are due, until it is stopped.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_state is null) return;
        var silent = await _state.ListSilentStoresAsync(cancellationToken);
        _keeper.Silent.Restore(silent.Select(store => (store.Relay, store.Since)));
        await PutOffMissedAsync(cancellationToken);
        while (true)
        {
            var keeps = await ListAsync(cancellationToken);
            var next = keeps.MinBy(keep => keep.NextRoundAt);
            if (next is null)
            {
                await WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
                continue;
            }

            var wait = next.NextRoundAt - _time.GetUtcNow();
            if (wait <= TimeSpan.Zero && _isLive())
            {
                var spread = RoundTimes.Spread(_keeper.Options.Interval, keeps.Count);
                await TryRoundAsync(next, Request(next) with { Spread = spread }, cancellationToken);
                continue;
            }

            if (wait > LongestDue)
            {
                await PutOffMissedAsync(cancellationToken);
                continue;
            }

            wait = wait <= TimeSpan.Zero ? NotLiveWait : wait;
            await WaitAsync(wait < LongestWait ? wait : LongestWait, cancellationToken);
        }
    }

    /// <summary>Whether an entry is what has this root.</summary>
    internal static bool IsOf(KeepEntry entry, BlockRef root) =>
        RepairKey.TryParse(entry.RepairKeyText, out var key, out _) && key.Root == root;

    private static KeepEntry? Find(IEnumerable<KeepEntry> keeps, BlockRef root) =>
        keeps.FirstOrDefault(keep => IsOf(keep, root));

    private RoundRequest Request(KeepEntry entry) => new(
        new RenewalSchedule(
            entry.Salt,
            entry.KeptSince,
            _keeper.Options.RenewEvery,
            _keeper.Options.Interval * CatchUpIntervals),
        entry.RenewedUntil);

    // No round is put off for longer: the clock was ahead when it was.
    private TimeSpan LongestDue => _keeper.Options.Interval * 2;

    // A node that was off for long does not make all its rounds at the moment at which it is seen to be back.
    private async Task PutOffMissedAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        foreach (var missed in (await ListAsync(cancellationToken)).Where(
            keep => keep.NextRoundAt <= now || keep.NextRoundAt - now > LongestDue))
        {
            var soon = RoundTimes.Soon(now, _keeper.Options.Interval, _decisions);
            await ChangeAsync(missed.LocalId, entry => entry with { NextRoundAt = soon }, cancellationToken);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = _time.CreateTimer(_ => _wake.Wake(), null, wait, Timeout.InfiniteTimeSpan);
        await using var stop = cancellationToken.UnsafeRegister(_ => _wake.Wake(), null);
        await _wake.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task TryRoundAsync(KeepEntry entry, RoundRequest request, CancellationToken cancellationToken)
    {
        var began = _time.GetUtcNow();
        try
        {
            await RunAsync(entry, request, cancellationToken);
        }
        catch (Exception fault) when (fault is ContentUnavailableException or FormatException)
        {
            var kind = fault is ContentUnavailableException unavailable ? unavailable.Fault.ToString() : "BadKey";
            LogFailed(_logger, kind);
            var next = RoundTimes.Next(began, _keeper.Options.Interval, RepairVerdict.Healthy, _decisions);
            await ChangeAsync(
                entry.LocalId,
                current => current with { LastRoundAt = began, LastFault = kind, NextRoundAt = next },
                cancellationToken);
        }
        catch (Exception fault) when (fault is StorageException or IOException)
        {
            // The round was made; that it cannot be written down is told by whatever else the disk refuses.
            LogNotRemembered(_logger, fault.GetType().Name);
            await WaitAsync(_keeper.Options.Interval, cancellationToken);
        }
    }

    private async Task<RoundReport> RunAsync(
        KeepEntry entry,
        RoundRequest request,
        CancellationToken cancellationToken)
    {
        if (!RepairKey.TryParse(entry.RepairKeyText, out var key, out var error)) throw new FormatException(error);
        var report = await _keeper.RunRoundAsync(key, request, cancellationToken);
        LogRound(_logger, report.Verdict, report.Stored, report.Renewed);
        var isSettled = report.Verdict is RepairVerdict.Repair or RepairVerdict.RepairPart;
        if (isSettled && report.Left.IsBroken) LogBroken(_logger);
        var interval = _keeper.Options.Interval;
        var next = RoundTimes.Next(report.Began, interval, report.Verdict, _decisions);
        var retried = report.Began - (interval * CatchUpIntervals);
        await ChangeAsync(
            entry.LocalId,
            current => current with
            {
                LastRoundAt = report.Began,
                LastFault = null,
                NextRoundAt = next,
                RenewedUntil = report.RenewalsFailed == 0 ? report.Began
                    : retried > current.RenewedUntil ? retried : current.RenewedUntil,
                Health = new KeepHealthEntry(
                    report.Left.Stripes,
                    report.Left.Shares.Needed,
                    report.Left.Shares.Placed,
                    report.Left.WorstStripe.Placed,
                    report.Left.IsHealthy),
            },
            cancellationToken);
        if (_state is not null)
        {
            await _state.PutSilentStoresAsync(
                [.. _keeper.Silent.Snapshot().Select(store => new SilentStoreEntry(store.Store, store.Since))],
                cancellationToken);
        }

        return report;
    }

    private async Task ChangeAsync(
        string localId,
        Func<KeepEntry, KeepEntry> change,
        CancellationToken cancellationToken)
    {
        await _changing.EnterAsync(cancellationToken);
        try
        {
            var current = (await ListAsync(cancellationToken)).FirstOrDefault(keep => keep.LocalId == localId);
            if (current is not null) await _state!.PutKeepAsync(change(current), cancellationToken);
        }
        finally
        {
            _changing.Leave();
        }
    }

    [LoggerMessage(140, LogLevel.Debug, "a round of keeping: {Verdict}, {Stored} put back, {Renewed} renewed")]
    private static partial void LogRound(ILogger logger, RepairVerdict verdict, long stored, long renewed);

    [LoggerMessage(141, LogLevel.Information, "a round of keeping could not be made: {Kind}")]
    private static partial void LogFailed(ILogger logger, string kind);

    [LoggerMessage(142, LogLevel.Warning, "something that is kept cannot be repaired: veil keeps says which")]
    private static partial void LogBroken(ILogger logger);

    [LoggerMessage(143, LogLevel.Warning, "a round of keeping cannot be written down: {Kind}")]
    private static partial void LogNotRemembered(ILogger logger, string kind);
}
