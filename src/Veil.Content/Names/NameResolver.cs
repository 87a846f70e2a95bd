using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;
using Veil.Wire.Names;
using Veil.Wire.Seams;

namespace Veil.Content.Names;

/// <summary>
/// Asks stores for the records of a name (spec/name.md, section 6). Remembers nothing of names; which stores lied or
/// did not answer it does. Safe for concurrent use.
/// </summary>
public sealed class NameResolver(IRecordNetwork network, DecisionSource decisions, TimeProvider time)
{
    /// <summary>Records that are enough, where so many stores have one.</summary>
    public const int EnoughRecords = 3;

    /// <summary>Stores that are asked at once.</summary>
    public const int AskedAtOnce = 4;

    // Today's first. Yesterday's and tomorrow's are there for readers whose clock is a day off.
    private static readonly int[] _dayOffsets = [0, -1, 1];

    private readonly StoreHealth _health = new(time);

    /// <summary>Finds the newest version.</summary>
    /// <param name="address">The name.</param>
    /// <param name="group">Whose trunks; each day of each name has some of its own below it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NameUnavailableException">There is none, or too few stores answer.</exception>
    public async Task<NameResolution> ResolveAsync(
        NameAddress address, IsolationGroup group, CancellationToken cancellationToken)
    {
        var today = NameDay.Of(time.GetUtcNow());
        var answered = 0;
        foreach (var offset in _dayOffsets)
        {
            var found = await AskAsync(address, today.Plus(offset), group, cancellationToken);
            answered = Math.Max(answered, found.Answered);
            if (Newest(address, found.Records) is { } newest)
            {
                return newest;
            }
        }

        throw answered >= Math.Min(EnoughRecords, Math.Max(1, network.Ring.Count))
            ? new NameUnavailableException(NameFault.NotFound, "no store has a record of this name")
            : new NameUnavailableException(NameFault.Unreachable, "too few of the name's stores answer");
    }

    /// <summary>Finds the record of one day, of the newest version that stores have; null for none.</summary>
    public async Task<NameResolution?> FindAsync(
        NameAddress address, NameDay day, IsolationGroup group, CancellationToken cancellationToken)
    {
        var found = await AskAsync(address, day, group, cancellationToken);
        return Newest(address, found.Records);
    }

    /// <summary>The newest of some records; null where none is of this name and understood.</summary>
    internal static NameResolution? Newest(NameAddress address, IEnumerable<NameRecord> records)
    {
        NameResolution? newest = null;
        foreach (var record in records)
        {
            if (record.Sequence < newest?.Content.Sequence || !NameSeal.TryOpen(address, record, out var content))
            {
                continue;
            }

            if (newest is null || record.Sequence > newest.Content.Sequence)
            {
                newest = new NameResolution(content, record, null);
            }
            else if (!record.Equals(newest.Record) && record.Day == newest.Record.Day)
            {
                newest = newest with { Other = record };
            }
        }

        return newest;
    }

    private async Task<(List<NameRecord> Records, int Answered)> AskAsync(
        NameAddress address, NameDay day, IsolationGroup group, CancellationToken cancellationToken)
    {
        var key = NameBlinding.KeyOf(address, day);
        if (network.Ring.Count == 0)
        {
            return ([], 0);
        }

        var stores = Placement.OfCopies(network.Ring, NameBlinding.PlaceOf(key));
        decisions.Shuffle<RelayId>(stores);
        var waiting = new Queue<RelayId>(stores.OrderBy(_health.IsSuspect));
        var asked = new List<Task<RecordAnswer>>();
        var records = new List<NameRecord>();
        var (answered, holders) = (0, 0);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (holders < EnoughRecords && (waiting.Count > 0 || asked.Count > 0))
            {
                while (asked.Count < AskedAtOnce && waiting.TryDequeue(out var store))
                {
                    asked.Add(AskOneAsync(NameGroup.Of(group, key), store, key, enough.Token));
                }

                var done = await Task.WhenAny(asked);
                asked.Remove(done);
                var answer = await done;
                answered += answer.Outcome is RecordOutcome.Done or RecordOutcome.NotFound ? 1 : 0;
                holders += answer.First is null ? 0 : 1;
                records.AddRange(new[] { answer.First, answer.Second }.OfType<NameRecord>());
            }
        }
        finally
        {
            enough.Cancel();
            foreach (var task in asked)
            {
                await TaskWindow.Settle(task);
            }
        }

        return (records, answered);
    }

    private async Task<RecordAnswer> AskOneAsync(
        IsolationGroup group, RelayId store, BlindedKey key, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var answer = await network.GetRecordAsync(group, store, key, cancellationToken);
        if (answer.Outcome == RecordOutcome.Lied)
        {
            _health.Condemn(store);
        }
        else
        {
            _health.Report(store, answer.Outcome switch
            {
                RecordOutcome.Done => StoreOutcome.Done,
                RecordOutcome.NotFound => StoreOutcome.NotFound,
                _ => StoreOutcome.Failed,
            }, began);
        }

        return answer;
    }
}
