using Veil.Wire.Cells;

namespace Veil.Circuits.Limits;

/// <summary>Bounds of a node that may change while it runs (spec/limits.md, section 7).</summary>
public sealed record NodeLimitValues
{
    /// <summary>Keys that links, the node's own circuits and its long-lived keys need beside those of relayed
    /// circuits.</summary>
    private const int OtherKeys = 16_384;

    private const int KeysPerCircuit = 4;

    /// <summary>Circuits of others that pass or end here; one more CREATE is answered by DESTROY.</summary>
    public int MaxCircuits { get; init; } = 32_768;

    /// <summary>Links of one pool, accepted and made: each costs some 100 KiB when busy.</summary>
    public int MaxLinks { get; init; } = 4_096;

    /// <summary>Handshakes of accepted links under way at once: what strangers can make this node hold, for 10 s
    /// each.</summary>
    public int MaxPendingLinks { get; init; } = 512;

    /// <summary>Accepted links and handshakes of one IPv4 address or IPv6 /64: a stranger does not take all.</summary>
    public int MaxLinksPerAddress { get; init; } = 64;

    /// <summary>Bytes of cells that all circuits together may be granted.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Bytes a second that the relay's links may send, together; 0 is no limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Bytes that may be sent at once after silence; at least 50 ms of the rate and one record.</summary>
    public long BurstBytes { get; init; } = 1L << 20;

    /// <summary>Slots that the node's key slab should have.</summary>
    public int KeySlots => (MaxCircuits * KeysPerCircuit) + OtherKeys;

    /// <summary>The memory in cells.</summary>
    internal long CellBudget => MemoryBytes / CellLayout.CellBytes;

    /// <exception cref="ArgumentOutOfRangeException">A value makes no sense.</exception>
    internal void ThrowIfWrong()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCircuits);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxLinks);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxPendingLinks);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxLinksPerAddress);
        ArgumentOutOfRangeException.ThrowIfNegative(MemoryBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(BytesPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegative(BurstBytes);
    }
}
