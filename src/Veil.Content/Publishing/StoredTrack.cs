using Geralt;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Which beginning of a sequence is stored, while its pieces end in any order; and which was stored by an earlier run.
/// Pieces are added in order by one caller; they may end on any thread.
/// </summary>
internal sealed class StoredTrack
{
    private readonly Lock _lock = new();
    private readonly StoredSoFar _earlier;

    // Pieces that are added and not yet part of what is stored.
    private readonly Queue<Piece> _open = new();
    private StoredSoFar _added = StoredSoFar.None;
    private StoredSoFar _stored;

    /// <summary>Begins with what an earlier run stored.</summary>
    public StoredTrack(StoredSoFar earlier)
    {
        _earlier = earlier;
        _stored = earlier;
    }

    /// <summary>What is stored without a gap.</summary>
    public StoredSoFar Stored
    {
        get
        {
            lock (_lock) return _stored;
        }
    }

    /// <summary>Whether this run has seen all that an earlier one stored.</summary>
    public bool IsPastEarlier => _added.Count >= _earlier.Count;

    /// <summary>Adds the next piece. Null where an earlier run stored it; else what to call once it is.</summary>
    /// <exception cref="PublishException">The bytes are not those of the earlier run.</exception>
    public Action<StoredReport>? Add(ReadOnlySpan<BlockRef> references)
    {
        using IncrementalBLAKE2b hash = new(Bytes32.Size);
        hash.Update(_added.Chain.AsSpan());
        foreach (var reference in references) hash.Update(reference.Value.AsSpan());
        Bytes32 chain = default;
        hash.Finalize(chain);
        _added = _added with { Count = _added.Count + 1, Chain = chain };
        if (_added.Count == _earlier.Count && chain != _earlier.Chain)
        {
            throw new PublishException(PublishFault.SourceChanged, "the content is not what it was before the break");
        }

        if (_added.Count <= _earlier.Count) return null;
        Piece piece = new(chain);
        lock (_lock) _open.Enqueue(piece);
        return report => End(piece, report);
    }

    private void End(Piece piece, StoredReport report)
    {
        lock (_lock)
        {
            piece.Report = report;
            while (_open.TryPeek(out var next) && next.Report is { } stored)
            {
                _stored = new(_stored.Count + 1, next.Chain, _stored.Report.With(stored));
                _open.Dequeue();
            }
        }
    }

    private sealed class Piece(Bytes32 chain)
    {
        public Bytes32 Chain => chain;

        /// <summary>Once it is stored.</summary>
        public StoredReport? Report { get; set; }
    }
}
