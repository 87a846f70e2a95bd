using Veil.Content.Edge;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>
/// Hands records to the stores that they belong to (spec/name.md, section 5): for their owner, and for whoever follows
/// the name. Safe for concurrent use.
/// </summary>
public sealed class NamePlacer(IRecordNetwork network, TimeProvider time)
{
    // Each day has trunks of its own, and the groups of a client are bounded.
    private const int DaysAtOnce = 4;

    /// <summary>Places records, one for each day.</summary>
    /// <param name="records">Of one name.</param>
    /// <param name="group">Whose trunks; each record has some of its own below it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<PlacedRecord>> PlaceAsync(
        IReadOnlyList<NameRecord> records, IsolationGroup group, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        var placed = new PlacedRecord[records.Count];
        var window = new TaskWindow(DaysAtOnce);
        try
        {
            for (var index = 0; index < records.Count; index++)
            {
                await window.WaitForRoomAsync();
                window.Add(PlaceOneAsync(index));
            }

            await window.DrainAsync();
        }
        finally
        {
            await window.SettleAsync();
        }

        return placed;

        async Task PlaceOneAsync(int index) =>
            placed[index] = await PlaceAsync(records[index], group, cancellationToken);
    }

    /// <summary>
    /// Brings a record of a store that leaves to the store that comes into its place: the last of those that the record
    /// belongs to when the one that leaves is gone, whose first nine have it; where that takes none, perhaps because it
    /// leaves, too, to the next (spec/store.md, section 12).
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="leaving">Who leaves; and whether a store that does not answer is passed over, too, because it was
    /// asked before.</param>
    /// <param name="group">Whose trunks; each record has some of its own below it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether a store has it now that will be asked for it, or no other store is to have it.</returns>
    public async Task<bool> HandOverAsync(
        NameRecord record,
        (RelayId Store, bool PassSilent) leaving,
        IsolationGroup group,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var stores = Placement.Alternatives(network.Ring.Without(leaving.Store), NameBlinding.PlaceOf(record.Key))
            .Take(Placement.StoresLookedAt)
            .Skip(Placement.Copies - 1)
            .ToArray();
        var own = NameGroup.Of(group, record.Key);
        foreach (var store in stores)
        {
            var outcome = await network.PutRecordAsync(own, store, record, cancellationToken);
            if (outcome is RecordOutcome.Done or RecordOutcome.Outdated) return true;
            if (outcome != RecordOutcome.Refused && !leaving.PassSilent) return false;
        }

        // Where there are no such stores, all others are places of it already.
        return stores.Length == 0;
    }

    private async Task<PlacedRecord> PlaceAsync(
        NameRecord record, IsolationGroup group, CancellationToken cancellationToken)
    {
        if (network.Ring.Count == 0)
        {
            return new PlacedRecord(record, 0, 0, false);
        }

        var stores = Placement.OfCopies(network.Ring, NameBlinding.PlaceOf(record.Key));
        var own = NameGroup.Of(group, record.Key);
        var outcomes = new RecordOutcome[stores.Length];
        Array.Fill(outcomes, RecordOutcome.Failed);
        await PutWhereFailedAsync();
        if (TooFew())
        {
            // A day's records share few trunks, and one that broke takes them all along.
            await Task.Delay(Patience.FirstPause, time, cancellationToken);
            await PutWhereFailedAsync();
        }

        return new PlacedRecord(
            record,
            stores.Length,
            outcomes.Count(outcome => outcome == RecordOutcome.Done),
            outcomes.Contains(RecordOutcome.Outdated));

        bool TooFew() => outcomes.Contains(RecordOutcome.Failed)
            && outcomes.Count(outcome => outcome == RecordOutcome.Done) < Placement.NeededCopies(stores.Length);

        Task PutWhereFailedAsync() => Task.WhenAll(Enumerable.Range(0, stores.Length)
            .Where(index => outcomes[index] == RecordOutcome.Failed)
            .Select(PutAsync));

        async Task PutAsync(int index) =>
            outcomes[index] = await network.PutRecordAsync(own, stores[index], record, cancellationToken);
    }
}

/// <summary>What became of one record.</summary>
/// <param name="Record">The record.</param>
/// <param name="Copies">Stores that it belongs to.</param>
/// <param name="Kept">Of these, how many have it on disk.</param>
/// <param name="IsOutdated">Whether some store has a later one, or two others of its number.</param>
public sealed record PlacedRecord(NameRecord Record, int Copies, int Kept, bool IsOutdated)
{
    /// <summary>Whether so many have it that readers will find it.</summary>
    public bool IsSafe => Copies > 0 && Kept >= Placement.NeededCopies(Copies);
}
