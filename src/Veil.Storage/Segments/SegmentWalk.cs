using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// Goes through all slots in the order of segments and slots, a few at a time, while others write, move and delete
/// (spec/store.md, sections 11 and 12). Any thread.
/// </summary>
internal sealed class SegmentWalk(StoreState state)
{
    // Dead slots cost a read of 64 bytes each.
    private const int MaxSlotsPerStep = 4096;

    /// <summary>Reads and verifies the blocks from a place on.</summary>
    /// <param name="from">The place.</param>
    /// <param name="most">Blocks at most.</param>
    public ScrubStep Scrub(StorePosition from, int most)
    {
        int read = 0, bad = 0;
        var payload = new byte[StoreLayout.BlockBytes];
        var next = Walk(from, (segment, slot) =>
        {
            if (TryFind(segment, slot, out var entry))
            {
                read++;
                bad += IsBad(segment, slot, entry, payload) ? 1 : 0;
            }

            return read < most;
        });
        state.Counters.AddScrubbedBlocks(read);
        var ahead = state.Segments.All.Where(segment => segment.Number >= next.Segment).Sum(segment =>
            segment.FileBytes - (segment.Number == next.Segment ? (long)next.Slot * StoreLayout.BlockBytes : 0));
        return new ScrubStep(next, read, bad, ahead, IsEnd(next));
    }

    /// <summary>Names the blocks from a place on.</summary>
    /// <param name="from">The place.</param>
    /// <param name="slots">Slots at most.</param>
    public StoredBlocks List(StorePosition from, int slots)
    {
        var seen = 0;
        var blocks = new List<StoredBlock>();
        var next = Walk(from, (segment, slot) =>
        {
            if (segment.TryReadHeader(slot, out var header))
            {
                var reference = new BlockRef(header.Reference);
                if (state.Index.TryGet(state.Index.TagOf(reference), segment.PositionOf(slot), out var entry))
                {
                    blocks.Add(new StoredBlock(reference, entry.LeaseEnd));
                }
            }

            return ++seen < slots;
        });
        return new StoredBlocks(blocks, next, IsEnd(next));
    }

    // Of a segment that goes while it is looked at, nothing is left to be looked at.
    private StorePosition Walk(StorePosition from, Func<Segment, int, bool> visit)
    {
        for (var looked = 0; looked < MaxSlotsPerStep && From(from.Segment) is { } segment;)
        {
            var slot = segment.Number == from.Segment ? from.Slot : 0;
            try
            {
                while (slot < segment.UsedSlots && looked++ < MaxSlotsPerStep)
                {
                    if (!visit(segment, slot++))
                    {
                        return new StorePosition(segment.Number, slot);
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                slot = segment.UsedSlots;
            }

            from = slot < segment.UsedSlots
                ? new StorePosition(segment.Number, slot)
                : new StorePosition(segment.Number + 1, 0);
        }

        return from;
    }

    private Segment? From(uint number) =>
        state.Segments.All.Where(segment => segment.Number >= number).MinBy(segment => segment.Number);

    private bool IsEnd(StorePosition next) =>
        From(next.Segment) is not { } segment
        || (segment.Number == next.Segment && next.Slot >= segment.UsedSlots && From(next.Segment + 1) is null);

    private bool TryFind(Segment segment, int slot, out IndexEntry entry)
    {
        try
        {
            return segment.TryReadHeader(slot, out var header)
                ? state.Index.TryGet(
                    state.Index.TagOf(new BlockRef(header.Reference)), segment.PositionOf(slot), out entry)
                : state.Index.TryFindAt(segment.PositionOf(slot), out entry);
        }
        catch (IOException)
        {
            state.Counters.AddReadError();
            return state.Index.TryFindAt(segment.PositionOf(slot), out entry);
        }
    }

    private bool IsBad(Segment segment, int slot, IndexEntry entry, byte[] payload)
    {
        try
        {
            return !(segment.TryReadPayload(slot, payload)
                    && state.Index.TagOf(BlockRef.Of(payload)) == entry.Tag)
                && state.Forget(entry, segment);
        }
        catch (IOException)
        {
            // The fault may pass: what cannot be read now is not taken for lost.
            state.Counters.AddReadError();
            return false;
        }
    }
}
