using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>A block on its way into a segment.</summary>
/// <param name="Reference">Its name.</param>
/// <param name="LeaseEnd">Unix seconds.</param>
/// <param name="Payload">32,768 bytes.</param>
internal readonly record struct BatchedBlock(BlockRef Reference, uint LeaseEnd, ReadOnlyMemory<byte> Payload);

/// <summary>Blocks that one flush makes durable (spec/store.md, section 5). Writer thread only.</summary>
internal static class SegmentBatch
{
    /// <summary>
    /// Writes the blocks behind a segment's used slots and flushes; whoever calls it then counts the slots as used.
    /// </summary>
    /// <exception cref="IOException">The disk failed; the segment is cut back to what it was.</exception>
    public static void Write(StoreState state, Segment segment, IReadOnlyList<BatchedBlock> blocks)
    {
        var headers = new byte[blocks.Count * SegmentLayout.RecordBytes];
        var payloads = new ReadOnlyMemory<byte>[blocks.Count];
        for (var index = 0; index < blocks.Count; index++)
        {
            var slot = (uint)(segment.UsedSlots + index);
            var block = blocks[index];
            var header = new SegmentRecord(RecordKind.Block, block.LeaseEnd, slot, block.Reference.Value);
            header.Write(headers.AsSpan(index * SegmentLayout.RecordBytes));
            payloads[index] = block.Payload;
        }

        try
        {
            state.Options.OnStep?.Invoke(DiskStep.WriteBlocks);
            segment.Write(headers, payloads);
            state.Options.OnStep?.Invoke(DiskStep.FlushBlocks);
            segment.Flush();
            state.Counters.AddFlush();
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            CutBack(state, segment);
            throw;
        }
    }

    // What cannot be cut off is written over by the next batch, or cut off when the store opens.
    private static void CutBack(StoreState state, Segment segment)
    {
        try
        {
            segment.Truncate();
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            state.Counters.AddWriteError();
        }
    }
}
