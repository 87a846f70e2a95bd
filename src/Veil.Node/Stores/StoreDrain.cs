using Veil.Content.Edge;
using Veil.Links.Tasks;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Wire;
using Veil.Wire.Denying;
using Veil.Wire.Names;
using Veil.Wire.Seams;
using Veil.Wire.Store;

namespace Veil.Node.Stores;

/// <summary>
/// Hands a store's records of names and its blocks to others before it leaves (spec/store.md, section 12). What it has
/// done is remembered, and it goes on after a restart. Any thread begins or cancels it.
/// </summary>
internal sealed class StoreDrain
{
    /// <summary>The setting in the node's state that remembers it.</summary>
    internal const string Setting = "store.drain";

    private const int MaxSecondTries = 4096;
    private const int RecordRounds = 3;
    private const int RecordWindow = 256;
    private static readonly TimeSpan NotLivePause = TimeSpan.FromSeconds(1);

    // After which blocks that had come whole when the drain began are on disk.
    private static readonly TimeSpan SettlePause = TimeSpan.FromSeconds(2);

    private readonly SegmentStore _store;
    private readonly INodeState? _state;
    private readonly HandOver _handOver;
    private readonly TimeProvider _time;
    private readonly DrainOptions _options;
    private readonly Turnstile _changing = new(1);
    private readonly DecisionSource _decisions;
    private readonly PacedHandOver _pace;
    private readonly AsyncSignal _wake = new();
    private volatile DrainProgress? _progress;
    private volatile CancellationTokenSource? _pass;

    /// <param name="store">Whose blocks. Not disposed here.</param>
    /// <param name="network">Where to, over circuits.</param>
    /// <param name="self">The store itself.</param>
    /// <param name="seams">Clock, choices, and what remembers; null for a node that lives once.</param>
    /// <param name="options">How fast.</param>
    internal StoreDrain(
        SegmentStore store,
        IBlockNetwork network,
        RelayId self,
        (TimeProvider Time, DecisionSource Decisions, INodeState? State) seams,
        DrainOptions options)
    {
        (_store, _options) = (store, options);
        (_time, _decisions, _state) = seams;
        _handOver = new HandOver(network, self);
        _pace = new PacedHandOver(options, _time, _decisions);
    }

    /// <summary>Whether the store takes nothing new.</summary>
    internal bool IsOn => _progress is not null;

    /// <summary>How far it is; null where none was begun.</summary>
    internal DrainProgress? Progress => _progress;

    /// <summary>Blocks that this pass has still to look at, about.</summary>
    internal long Remaining => _progress is { Done: false } progress
        ? Math.Max(0, _store.BlockCount - progress.Handed - progress.Left)
        : 0;

    /// <summary>The records of names; null for a node without.</summary>
    internal RecordHandOver? Records { get; init; }

    /// <summary>What the store does not hand on.</summary>
    internal Denylist? Denylist { get; init; }

    /// <summary>Whether the network can be used.</summary>
    internal Func<bool> IsLive { get; init; } = static () => true;

    /// <summary>Told when it begins, ends or is cancelled.</summary>
    internal Action<string>? OnChange { get; init; }

    /// <summary>Begins it; one that goes on goes on.</summary>
    /// <exception cref="IOException">It cannot be remembered; nothing has changed.</exception>
    internal async Task<DrainProgress> BeginAsync(CancellationToken cancellationToken)
    {
        await _changing.EnterAsync(cancellationToken);
        try
        {
            if (_progress is { } known)
            {
                return known;
            }

            var begun = DrainProgress.Begin(_time.GetUtcNow());
            await RememberAsync(begun, cancellationToken);
            _progress = begun;
            OnChange?.Invoke("begun");
            _wake.Wake();
            return begun;
        }
        finally
        {
            _changing.Leave();
        }
    }

    /// <summary>Ends it: the store takes new blocks again. What was handed over stays where it is, too.</summary>
    /// <exception cref="IOException">It cannot be remembered; nothing has changed.</exception>
    internal async Task CancelAsync(CancellationToken cancellationToken)
    {
        await _changing.EnterAsync(cancellationToken);
        try
        {
            if (_progress is null)
            {
                return;
            }

            await RememberAsync(null, cancellationToken);
            _progress = null;
            CancelPass();
            OnChange?.Invoke("cancelled");
        }
        finally
        {
            _changing.Leave();
        }
    }

    /// <summary>Takes up what was remembered. Before the store is offered to others.</summary>
    internal async Task RecallAsync(CancellationToken cancellationToken)
    {
        if (_state is not null)
        {
            _progress = DrainProgress.Parse(
                await _state.GetSettingAsync(Setting, cancellationToken), _time.GetUtcNow());

            // Which blocks were left is not remembered: all are looked at anew. Records may be new to it.
            _progress = _progress switch
            {
                { Done: false, Left: > 0 } progress => NextPass(progress),
                { Done: true, RecordsDone: false } progress when Records is not null => progress with { Done = false },
                var known => known,
            };
        }
    }

    /// <summary>Drains whenever that is wanted, until it is stopped.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_progress is null or { Done: true })
            {
                await using var stop = cancellationToken.UnsafeRegister(_ => _wake.Wake(), null);
                await _wake.WaitAsync();
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            if (!IsLive())
            {
                await Task.Delay(NotLivePause, _time, cancellationToken);
                continue;
            }

            if (_progress is { Pass: 1, Segment: 0 })
            {
                await Task.Delay(SettlePause, _time, cancellationToken);
            }

            await TryPassAsync(cancellationToken);
        }
    }

    private void CancelPass()
    {
        try
        {
            _pass?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    private async Task TryPassAsync(CancellationToken cancellationToken)
    {
        using var pass = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _pass = pass;
        try
        {
            await PassAsync(pass.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Cancelled: nothing is left to be done.
        }
        catch (IOException)
        {
            // The disk, which the store itself tells of.
            await Task.Delay(_options.PauseBetweenPasses, _time, cancellationToken);
        }
        finally
        {
            _pass = null;
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        if (Records is { } records && _progress is { RecordsDone: false })
        {
            await HandRecordsOverAsync(records, cancellationToken);
        }

        var again = new List<StoredBlock>();
        while (_progress is { } progress)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = await _store.ListAsync(progress.Position, _options.WindowSlots, cancellationToken);
            var (handed, left) = await HandOverAsync(part.Blocks, progress.Pass == 1, cancellationToken);
            again.AddRange(left.Take(MaxSecondTries - again.Count));
            if (part.IsEnd)
            {
                var (late, lost) = await HandOverAsync(again, progress.Pass == 1, cancellationToken);
                var ended = progress with
                {
                    Segment = part.Next.Segment,
                    Slot = part.Next.Slot,
                    Handed = progress.Handed + handed + late,
                    Left = Math.Max(0, progress.Left + left.Count - again.Count + lost.Count),
                };
                await EndPassAsync(ended, cancellationToken);
                return;
            }

            await ChangeAsync(
                progress with
                {
                    Segment = part.Next.Segment,
                    Slot = part.Next.Slot,
                    Handed = progress.Handed + handed,
                    Left = progress.Left + left.Count,
                },
                cancellationToken);
        }
    }

    private async Task EndPassAsync(DrainProgress ended, CancellationToken cancellationToken)
    {
        await ChangeAsync(ended with { Done = ended.Left == 0 }, cancellationToken);
        if (ended.Left == 0)
        {
            OnChange?.Invoke("done");
            return;
        }

        await Task.Delay(_options.PauseBetweenPasses, _time, cancellationToken);
        await ChangeAsync(NextPass(ended), cancellationToken);
    }

    private static DrainProgress NextPass(DrainProgress progress) =>
        progress with { Segment = 0, Slot = 0, Pass = progress.Pass + 1, Handed = 0, Left = 0 };

    // Before the blocks: they are few, small, and not in stripes. What no store takes does not keep the drain from its
    // end: nine others have it.
    private async Task HandRecordsOverAsync(RecordHandOver records, CancellationToken cancellationToken)
    {
        var all = records.Records.List();
        var left = all;
        for (int round = 1; left.Count > 0 && round <= RecordRounds; round++)
        {
            if (round > 1)
            {
                await Task.Delay(_options.PauseBetweenPasses, _time, cancellationToken);
            }

            left = await HandRecordsOverAsync(
                records, (left, all.Count - left.Count, round == RecordRounds), cancellationToken);
        }

        if (_progress is { } progress)
        {
            await ChangeAsync(progress with { RecordsDone = true }, cancellationToken);
        }
    }

    /// <returns>Those that no store took.</returns>
    private async Task<IReadOnlyList<NameRecord>> HandRecordsOverAsync(
        RecordHandOver records,
        (IReadOnlyList<NameRecord> Offered, int HandedBefore, bool IsLast) round,
        CancellationToken cancellationToken)
    {
        NameRecord[] order = [.. round.Offered];
        _decisions.Shuffle<NameRecord>(order);
        var left = new List<NameRecord>();
        for (int done = 0; done < order.Length && _progress is { } progress; done += RecordWindow)
        {
            var ended = await _pace.RunAsync(
                order.Skip(done).Take(RecordWindow),
                NameRecordLayout.Bytes,
                async (record, group) => await records.Placer.HandOverAsync(
                    record, (records.Self, round.IsLast), group, cancellationToken),
                cancellationToken);
            left.AddRange(ended.Where(record => record.IsHanded == false).Select(record => record.Item));
            int handed = round.HandedBefore + Math.Min(done + RecordWindow, order.Length) - left.Count;
            await ChangeAsync(
                progress with { RecordsHanded = handed, RecordsLeft = left.Count }, cancellationToken);
        }

        return left;
    }

    /// <summary>Hands blocks over.</summary>
    /// <returns>How many another store has now, and those that none took.</returns>
    private async Task<(int Handed, List<StoredBlock> Left)> HandOverAsync(
        IReadOnlyList<StoredBlock> blocks,
        bool isFirst,
        CancellationToken cancellationToken)
    {
        var ended = await _pace.RunAsync(
            blocks.Where(block => Denylist?.Forbids(block.Reference) != true),
            StoreLayout.BlockBytes,
            (block, group) => OfferAsync(group, block, isFirst, cancellationToken),
            cancellationToken);
        return (
            ended.Count(block => block.IsHanded == true),
            [.. ended.Where(block => block.IsHanded == false).Select(block => block.Item)]);
    }

    // Null for a block that has gone: its lease was over, or it was damaged.
    private async Task<bool?> OfferAsync(
        IsolationGroup group,
        StoredBlock block,
        bool isFirst,
        CancellationToken cancellationToken)
    {
        var left = DateTimeOffset.FromUnixTimeSeconds(block.LeaseEndUnixSeconds) - _time.GetUtcNow();
        var content = new byte[StoreLayout.BlockBytes];
        if (left <= TimeSpan.Zero || !await _store.TryReadAsync(block.Reference, content, cancellationToken))
        {
            return null;
        }

        return await _handOver.OfferAsync(group, block.Reference, content, (left, isFirst), cancellationToken);
    }

    private async Task ChangeAsync(DrainProgress changed, CancellationToken cancellationToken)
    {
        await _changing.EnterAsync(cancellationToken);
        try
        {
            // What was cancelled meanwhile must not come back.
            if (_progress is not null)
            {
                await RememberAsync(changed, cancellationToken);
                _progress = changed;
            }
        }
        finally
        {
            _changing.Leave();
        }
    }

    private async Task RememberAsync(DrainProgress? progress, CancellationToken cancellationToken)
    {
        if (_state is not null)
        {
            await _state.SetSettingAsync(Setting, progress?.Format(), cancellationToken);
        }
    }
}
