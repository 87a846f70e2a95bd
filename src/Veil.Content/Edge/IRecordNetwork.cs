using Veil.Directory.Ring;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Edge;

/// <summary>How one request about a record of a name ended at one store.</summary>
public enum RecordOutcome
{
    /// <summary>Kept durably, or found.</summary>
    Done,

    /// <summary>The store has none under that key.</summary>
    NotFound,

    /// <summary>The store has a later one.</summary>
    Outdated,

    /// <summary>The store takes no more names, or its clock is days away from ours.</summary>
    Refused,

    /// <summary>The store could not be reached, broke off, or was too slow.</summary>
    Failed,

    /// <summary>The store sent what nobody has signed, or what is of another key.</summary>
    Lied,
}

/// <summary>What a store answered to a question for a record.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="First">The record, with <see cref="RecordOutcome.Done"/>; its signature and key are checked.</param>
/// <param name="Second">Another one with the same sequence number, where the store has it.</param>
public readonly record struct RecordAnswer(RecordOutcome Outcome, NameRecord? First = null, NameRecord? Second = null);

/// <summary>
/// The edge between names and network: one record to or from one store, over a circuit of the group's trunks. In the
/// product: onion circuits; in tests of names: stores in memory.
/// </summary>
public interface IRecordNetwork
{
    /// <summary>The stores of the present consensus.</summary>
    StoreRing Ring { get; }

    /// <summary>Hands a record to a store; completes when the store has it on disk, or does not take it.</summary>
    ValueTask<RecordOutcome> PutRecordAsync(
        IsolationGroup group, RelayId store, NameRecord record, CancellationToken cancellationToken);

    /// <summary>Asks a store for what it has under a key.</summary>
    ValueTask<RecordAnswer> GetRecordAsync(
        IsolationGroup group, RelayId store, BlindedKey key, CancellationToken cancellationToken);
}
