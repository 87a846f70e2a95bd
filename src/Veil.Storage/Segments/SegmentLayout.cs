using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>Where things are in a segment file (spec/store.md, section 5). All in bytes.</summary>
internal static class SegmentLayout
{
    /// <summary>Every record: start of a file, header of a block, lease.</summary>
    public const int RecordBytes = 64;

    /// <summary>Start record and headers, in front of the payloads: read in one piece when a store opens.</summary>
    public const int TableBytes = 512 * 1024;

    /// <summary>What the table has room for, and what 13 bits can number.</summary>
    public const int MaxSlots = (TableBytes / RecordBytes) - 1;

    /// <summary>With these a segment file has 256 MiB.</summary>
    public const int DefaultSlots = ((256 * 1024 * 1024) - TableBytes) / StoreLayout.BlockBytes;

    /// <summary>Bits of a position that number the slot.</summary>
    public const int SlotBits = 13;

    /// <summary>What one segment file with <paramref name="slots"/> payloads takes up.</summary>
    public static long FileBytes(int slots) => TableBytes + ((long)slots * StoreLayout.BlockBytes);

    /// <summary>Offset of a slot's header.</summary>
    public static long HeaderOffset(int slot) => (slot + 1L) * RecordBytes;

    /// <summary>Offset of a slot's payload.</summary>
    public static long PayloadOffset(int slot) => FileBytes(slot);
}
