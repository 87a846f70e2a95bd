using Veil.Storage.Records;
using Veil.Wire;
using Veil.Wire.Denying;
using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>How one stream is served (spec/store.md, section 7).</summary>
public sealed record StoreSessionOptions
{
    /// <summary>
    /// Requests of one stream that are under way; while so many are, nothing more is read. 1 to
    /// <see cref="StoreLayout.MaxInFlight"/>.
    /// </summary>
    public int MaxInFlight { get; init; } = StoreLayout.MaxInFlight;

    /// <summary>
    /// What the owner forbids (spec/store.md, section 8): a PUT of it is answered as by a full store, a GET as by one
    /// that does not have it. Null forbids nothing.
    /// </summary>
    public Denylist? Denylist { get; init; }

    /// <summary>
    /// Whether the store is drained (spec/store.md, section 12): a PUT is answered as by a full store then. Any thread.
    /// </summary>
    public Func<bool> TakesNothing { get; init; } = static () => false;

    /// <summary>
    /// The records of names (spec/store.md, section 9); null for a store that keeps none and answers like one that is
    /// full of others.
    /// </summary>
    public RecordStore? Records { get; init; }

    /// <summary>What is asked for leases (spec/stamp.md); null for a store that asks nothing.</summary>
    public StampGate? Gate { get; init; }

    /// <summary>
    /// The share of the circuit that the stream belongs to (spec/store.md, section 13), in place of the budget of all;
    /// null bounds a circuit by nothing else.
    /// </summary>
    public CircuitShare? Circuit { get; init; }

    /// <summary>
    /// Told of every block that was stored (true) or sent (false). For tests and lab recordings only: the product
    /// passes none.
    /// </summary>
    public Action<BlockRef, bool>? OnBlock { get; init; }
}
