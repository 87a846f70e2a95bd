using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// Wins space back in small steps (spec/store.md, section 10): live blocks of a segment that is mostly dead are copied
/// from its end to the segment that is written to, and what lies behind them is cut off. Writer thread only.
/// </summary>
internal sealed class SegmentCompactor(StoreState state, SegmentAppender appender)
{
    private const int MaxSlotsPerStep = 1024;

    // Segments with a block that the disk refuses to read.
    private readonly HashSet<Segment> _stuck = [];
    private readonly List<FoundBlock> _found = [];
    private readonly byte[] _spare = new byte[StoreLayout.BlockBytes];
    private Segment? _victim;

    private enum SlotState
    {
        Dead,
        Live,
        Unreadable,
    }

    /// <summary>Does one step; a disk that fails in it is counted, and nothing is lost.</summary>
    public CompactionStep Step()
    {
        var before = state.Segments.Bytes;
        var victim = _victim is { } known && IsVictim(known) ? known : Choose();
        _victim = victim;
        if (victim is null)
        {
            return default;
        }

        if (victim.LiveSlots == 0)
        {
            appender.DeleteDeadSegments();
            return new CompactionStep(0, before - state.Segments.Bytes, !IsVictim(victim));
        }

        var used = victim.UsedSlots;
        var end = Look(victim);
        var copied = Copy(end, out end);
        Release(victim, end);
        _found.Clear();
        var freed = before - state.Segments.Bytes;
        var moved = copied * (long)StoreLayout.BlockBytes;
        state.Counters.AddMovedBlocks(copied);
        state.Counters.AddCompactedBytes(freed);

        // A victim that stays as it was is given up; another one may do better.
        var isChanged = !IsVictim(victim) || victim.UsedSlots < used;
        return new CompactionStep(moved, freed, isChanged || _stuck.Contains(victim));
    }

    private bool IsVictim(Segment segment) =>
        segment != appender.Current
        && state.Segments.At(segment.PositionOf(0)) == segment
        && !_stuck.Contains(segment);

    private Segment? Choose()
    {
        _stuck.RemoveWhere(segment => state.Segments.At(segment.PositionOf(0)) != segment);
        return state.Segments.All
            .Where(segment => IsVictim(segment)
                && segment.UsedSlots > 0
                && segment.LiveSlots * 100L < segment.UsedSlots * (long)state.Options.CompactBelowPercent)
            .MinBy(segment => (double)segment.LiveSlots / segment.UsedSlots);
    }

    /// <summary>Finds live blocks from the end downwards; the slot behind which all were looked at.</summary>
    private int Look(Segment victim)
    {
        var slot = victim.UsedSlots;
        var last = Math.Max(0, slot - MaxSlotsPerStep);
        var most = state.Options.CompactionStepBytes / StoreLayout.BlockBytes;
        while (slot > last && _found.Count < most)
        {
            var found = Examine(victim, slot - 1, out var block);
            if (found == SlotState.Unreadable)
            {
                _stuck.Add(victim);
                break;
            }

            slot--;
            if (found == SlotState.Live)
            {
                _found.Add(block);
            }
        }

        return slot;
    }

    private SlotState Examine(Segment victim, int slot, out FoundBlock block)
    {
        block = default;
        var position = victim.PositionOf(slot);
        try
        {
            IndexEntry entry;
            if (victim.TryReadHeader(slot, out var header))
            {
                if (!state.Index.TryGet(state.Index.TagOf(new BlockRef(header.Reference)), position, out entry))
                {
                    return SlotState.Dead;
                }
            }
            else if (!state.Index.TryFindAt(position, out entry))
            {
                return SlotState.Dead;
            }

            if (victim.TryReadPayload(slot, _spare))
            {
                // By what it is, not by what its header says: that may have rotted since the store was opened.
                var reference = BlockRef.Of(_spare);
                if (state.Index.TagOf(reference) == entry.Tag)
                {
                    block = new FoundBlock(slot, reference, entry, [.. _spare]);
                    return SlotState.Live;
                }
            }

            state.Forget(entry, victim);
            return SlotState.Dead;
        }
        catch (IOException)
        {
            state.Counters.AddReadError();
            return SlotState.Unreadable;
        }
    }

    /// <summary>Copies what was found as far as there is room.</summary>
    /// <param name="lookedAt">The slot behind which all were looked at.</param>
    /// <param name="end">The slot behind which nothing of the victim is needed any more.</param>
    /// <returns>How many were copied.</returns>
    private int Copy(int lookedAt, out int end)
    {
        var count = _found.Count;
        while (count > 0 && !HasRoomFor(count))
        {
            count--;
        }

        var done = 0;
        try
        {
            while (done < count)
            {
                var target = appender.Current ??= appender.CreateSegment();
                var part = Math.Min(count - done, state.Options.SlotsPerSegment - target.UsedSlots);
                Append(target, _found.GetRange(done, part));
                done += part;
                if (target.UsedSlots == state.Options.SlotsPerSegment)
                {
                    appender.Current = null;
                }
            }
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            state.Counters.AddWriteError();
        }

        end = done == _found.Count ? lookedAt : _found[done].Slot + 1;
        return done;
    }

    private bool HasRoomFor(int blocks)
    {
        var needed = appender.BytesFor(blocks);
        var used = state.Segments.Bytes + state.Leases.ReserveBytes(state.Index.Count);

        // Under a quota that was lowered, this is what makes the files smaller: the room is for the moment.
        var most = used > state.Quota
            ? used + state.Options.CompactionStepBytes + SegmentLayout.TableBytes
            : state.Quota;
        return used + needed <= most && needed <= state.Space.Left() + state.Space.ReserveBytes;
    }

    private void Append(Segment target, List<FoundBlock> blocks)
    {
        // Leases change on this thread only, and none does within a step.
        SegmentBatch.Write(
            state,
            target,
            [.. blocks.Select(block => new BatchedBlock(block.Reference, block.Entry.LeaseEnd, block.Payload))]);

        // Durable from here on: now the index may name the copies, and after that the originals may go.
        state.Options.OnStep?.Invoke(DiskStep.MoveIndex);
        foreach (var block in blocks)
        {
            var position = target.PositionOf(target.UsedSlots);
            target.UsedSlots++;
            if (state.Index.Move(block.Entry.Tag, block.Entry.Position, position))
            {
                target.AddLive();
                state.Segments.At(block.Entry.Position)!.RemoveLive();
            }
        }

        state.Segments.Grow(target);
    }

    /// <summary>Cuts the victim off, or deletes it.</summary>
    private void Release(Segment victim, int end)
    {
        if (victim.LiveSlots == 0)
        {
            appender.DeleteDeadSegments();
            return;
        }

        if (end == victim.UsedSlots)
        {
            return;
        }

        try
        {
            state.Options.OnStep?.Invoke(DiskStep.CutSegment);
            state.Segments.Cut(victim, end);
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            // The copies count; what is there twice goes when the file does.
            state.Counters.AddWriteError();
        }
    }

    private readonly record struct FoundBlock(int Slot, BlockRef Reference, IndexEntry Entry, byte[] Payload);
}
