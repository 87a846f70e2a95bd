using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// Rebuilds the index of a store that opens, from the tables of its segments and its lease logs
/// (spec/store.md, section 6). Writer thread only.
/// </summary>
internal sealed class SegmentRecovery(StoreState state, SegmentAppender appender)
{
    /// <summary>The most slots that a crash can leave half-written: the largest batch.</summary>
    public const int MaxTornSlots = 256;

    private readonly byte[] _table = new byte[SegmentLayout.TableBytes];
    private readonly byte[] _payload = new byte[StoreLayout.BlockBytes];

    /// <summary>Reads everything and mends what a crash tore. What is over goes with the first sweep: a clock that is
    /// far ahead while a store opens must cost no block.</summary>
    /// <exception cref="StorageException">A newer version wrote some of it; nothing was changed.</exception>
    public void Run()
    {
        var files = state.Folder.List();
        state.Counters.AddForeignFiles(files.Foreign);
        Segment? newest = null;
        foreach (var number in files.Segments)
        {
            appender.LastNumber = number;
            newest = TryLoad(number) ?? newest;
        }

        if (newest is not null)
        {
            Mend(newest);
            appender.Current = newest.UsedSlots < state.Options.SlotsPerSegment ? newest : null;
        }

        state.Leases.Recover(files.LeaseLogs);
    }

    /// <summary>Puts a segment's blocks into the index; returns it if it may be written to.</summary>
    private Segment? TryLoad(uint number)
    {
        var segment = Segment.Open(state.Folder.SegmentPath(number), number);
        int tableBytes;
        try
        {
            tableBytes = segment.ReadTable(_table);
        }
        catch (IOException)
        {
            state.Counters.AddReadError();
            state.Counters.AddForeignFiles(1);
            segment.Dispose();
            return null;
        }

        var table = _table.AsSpan(0, tableBytes);
        var isWhole = SegmentRecord.TryRead(table, out var start, out var version);
        if (isWhole && version > SegmentRecord.Version)
        {
            segment.Dispose();
            throw new StorageException(
                StorageFault.NewerVersion,
                $"{segment.Path} was written by a newer Veil (format {version}): use that one, or another data folder");
        }

        isWhole = isWhole && start.Kind == RecordKind.SegmentStart && start.Value == number;
        if (!isWhole && !HasBlocks(table))
        {
            SetAside(segment, isBlank: !table.ContainsAnyExcept((byte)0));
            return null;
        }

        state.Counters.AddDamagedRecords(isWhole ? 0 : 1);
        state.Segments.Add(segment);
        state.Segments.AddBytes(segment.FileBytes);
        AddBlocks(segment, table);
        return isWhole ? segment : null;
    }

    /// <summary>
    /// A file that a crash left empty goes; any other without a single intact record is not ours to touch.
    /// </summary>
    private void SetAside(Segment segment, bool isBlank)
    {
        segment.Dispose();
        if (isBlank)
        {
            File.Delete(segment.Path);
        }
        else
        {
            state.Counters.AddForeignFiles(1);
        }
    }

    private static bool HasBlocks(ReadOnlySpan<byte> table)
    {
        for (var slot = 0; slot < SegmentLayout.MaxSlots; slot++)
        {
            if (TryReadHeader(table, slot, out _))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> table, int slot, out SegmentRecord header)
    {
        header = default;
        var offset = (int)SegmentLayout.HeaderOffset(slot);
        return offset + SegmentLayout.RecordBytes <= table.Length
            && SegmentRecord.TryRead(table[offset..], RecordKind.Block, out header)
            && header.Slot == (uint)slot;
    }

    private void AddBlocks(Segment segment, ReadOnlySpan<byte> table)
    {
        var payloads = (segment.FileBytes - SegmentLayout.TableBytes) / StoreLayout.BlockBytes;
        segment.UsedSlots = (int)Math.Clamp(payloads, 0, SegmentLayout.MaxSlots);
        long damaged = 0;
        for (var slot = 0; slot < segment.UsedSlots; slot++)
        {
            if (TryReadHeader(table, slot, out var header))
            {
                AddBlock(segment, slot, header);
            }
            else
            {
                damaged++;
            }
        }

        state.Counters.AddDamagedRecords(damaged);
    }

    /// <summary>The newest copy that is intact counts, under the latest lease of all.</summary>
    private void AddBlock(Segment segment, int slot, SegmentRecord header)
    {
        var tag = state.Index.TagOf(new BlockRef(header.Reference));
        var leaseEnd = header.Value;
        var cursor = 0;
        while (state.Index.TryNext(tag, ref cursor, out var other))
        {
            var holder = state.Segments.At(other.Position);
            var otherSlot = SegmentTable.SlotOf(other.Position);
            if (holder is not null
                && holder.TryReadHeader(otherSlot, out var copy)
                && copy.Reference == header.Reference)
            {
                // Of a copy that a crash tore, the block that was acknowledged is the other.
                if (!IsIntact(segment, slot, new BlockRef(header.Reference)))
                {
                    return;
                }

                leaseEnd = Math.Max(leaseEnd, other.LeaseEnd);
                state.Index.Remove(tag, other.Position);
                holder.RemoveLive();
                cursor--;
            }
        }

        state.Index.Add(new IndexEntry(tag, segment.PositionOf(slot), leaseEnd));
        segment.AddLive();
    }

    /// <summary>
    /// What a crash left of its last batch: cut off behind the last intact block; what is torn before that is
    /// forgotten. None of it was answered.
    /// </summary>
    private void Mend(Segment segment)
    {
        var before = segment.FileBytes;
        var found = segment.UsedSlots;
        while (segment.UsedSlots > 0 && !KeepIfIntact(segment, segment.UsedSlots - 1))
        {
            segment.UsedSlots--;
        }

        for (var slot = Math.Max(0, found - MaxTornSlots); slot < segment.UsedSlots; slot++)
        {
            KeepIfIntact(segment, slot);
        }

        if (before != SegmentLayout.FileBytes(segment.UsedSlots))
        {
            segment.Truncate();
            state.Segments.AddBytes(segment.FileBytes - before);
            state.Counters.AddTornBytes(Math.Max(0, before - segment.FileBytes));
        }
    }

    private bool KeepIfIntact(Segment segment, int slot)
    {
        if (!segment.TryReadHeader(slot, out var header))
        {
            return false;
        }

        var reference = new BlockRef(header.Reference);
        if (IsIntact(segment, slot, reference))
        {
            return true;
        }

        if (state.Index.Remove(state.Index.TagOf(reference), segment.PositionOf(slot)))
        {
            segment.RemoveLive();
            state.Counters.AddDamagedRecords(1);
        }

        return false;
    }

    private bool IsIntact(Segment segment, int slot, BlockRef reference)
    {
        try
        {
            return segment.TryReadPayload(slot, _payload) && BlockRef.Of(_payload) == reference;
        }
        catch (IOException)
        {
            state.Counters.AddReadError();
            return false;
        }
    }
}
