using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>Finds a block and verifies it; any thread.</summary>
internal sealed class BlockReader(StoreState state)
{
    // Each is a step of compaction between a look into the index and one at the disk.
    private const int MaxMoves = 16;

    private enum Found
    {
        Intact,
        OtherBlock,
        Corrupt,
        Unreadable,
    }

    /// <summary>Reads and verifies a block; forgets copies that are damaged.</summary>
    /// <param name="reference">The block wanted.</param>
    /// <param name="payload">32,768 bytes, valid only on success.</param>
    /// <param name="forgetUnreadable">Whether to forget also a copy that the disk refuses to read.</param>
    /// <param name="entry">Where the block is; valid only on success.</param>
    public bool TryRead(BlockRef reference, Span<byte> payload, bool forgetUnreadable, out IndexEntry entry)
    {
        var tag = state.Index.TagOf(reference);
        var cursor = 0;
        var moves = 0;
        while (state.Index.TryNext(tag, ref cursor, out entry))
        {
            if (state.Segments.At(entry.Position) is { } segment)
            {
                var found = Examine(segment, SegmentTable.SlotOf(entry.Position), reference, payload);
                if (found == Found.Intact)
                {
                    return true;
                }

                var forget = found == Found.Corrupt || (found == Found.Unreadable && forgetUnreadable);
                if (forget && state.Forget(entry, segment))
                {
                    cursor--;
                    continue;
                }
            }

            // What was moved meanwhile is elsewhere, not gone (spec/store.md, section 10).
            if (!state.Index.TryGet(tag, entry.Position, out _) && moves++ < MaxMoves)
            {
                cursor = 0;
            }
        }

        return false;
    }

    /// <summary>Reads and verifies a block if that needs no disk; null where it does, or anything is odd.</summary>
    /// <param name="reference">The block wanted.</param>
    /// <param name="payload">32,768 bytes, valid only after true.</param>
    public bool? TryReadCached(BlockRef reference, Span<byte> payload)
    {
        var tag = state.Index.TagOf(reference);
        var cursor = 0;
        var isNowhere = true;
        while (state.Index.TryNext(tag, ref cursor, out var entry))
        {
            isNowhere = false;
            try
            {
                var slot = SegmentTable.SlotOf(entry.Position);
                if (state.Segments.At(entry.Position) is { } segment
                    && segment.TryReadCachedPayload(slot, payload)
                    && IsIntact(segment, slot, reference, payload))
                {
                    return true;
                }
            }
            catch (ObjectDisposedException)
            {
                // Deleted since the look-up: whoever looks again finds where the block is now.
            }
        }

        return isNowhere ? false : null;
    }

    // What comes from the disk is always compared; in memory it has been, and is looked at for what fell over since.
    private static bool IsIntact(Segment segment, int slot, BlockRef reference, ReadOnlySpan<byte> payload)
    {
        if (segment.Marks.Contains(slot, reference, payload))
        {
            return true;
        }

        var isIntact = BlockRef.Of(payload) == reference;
        if (isIntact)
        {
            segment.Marks.Add(slot, reference, payload);
        }

        return isIntact;
    }

    private Found Examine(Segment segment, int slot, BlockRef reference, Span<byte> payload)
    {
        try
        {
            if (segment.TryReadPayload(slot, payload) && BlockRef.Of(payload) == reference)
            {
                return Found.Intact;
            }

            var isOther = segment.TryReadHeader(slot, out var header) && header.Reference != reference.Value;
            return isOther ? Found.OtherBlock : Found.Corrupt;
        }
        catch (ObjectDisposedException)
        {
            // The segment was deleted since the look-up, hence the block had expired.
            return Found.OtherBlock;
        }
        catch (IOException)
        {
            state.Counters.AddReadError();
            return Found.Unreadable;
        }
    }
}
