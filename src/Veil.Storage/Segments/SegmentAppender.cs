using Veil.Storage.Blocks;
using Veil.Wire;
using Veil.Wire.Store;

namespace Veil.Storage.Segments;

/// <summary>
/// Writes what the writer thread takes from the queue: everything that waits is written, flushed once, and only then
/// put into the index and answered (group commit). Writer thread only.
/// </summary>
internal sealed class SegmentAppender(StoreState state, BlockReader reader)
{
    private readonly byte[] _scratch = new byte[StoreLayout.BlockBytes];
    private readonly List<StagedBlock> _blocks = [];
    private readonly Dictionary<BlockRef, StagedBlock> _blocksByReference = [];
    private readonly List<StagedRenewal> _renewals = [];
    private readonly List<PutWork> _answers = [];

    // Asked once a batch.
    private long? _spaceLeft;

    // Whether a new block of the batch was refused; then what was taken beside it does not end the trouble.
    private bool _hasRefused;

    /// <summary>The segment that is written to, if any.</summary>
    public Segment? Current { get; set; }

    /// <summary>The largest number that any segment file has, foreign ones included.</summary>
    public uint LastNumber { get; set; }

    /// <summary>Carries out a batch; never throws.</summary>
    public void Process(IReadOnlyList<StoreWork> batch)
    {
        try
        {
            // Together, because four take little longer than one.
            var references = new Queue<BlockRef>(
                BlockRef.OfAll([.. batch.OfType<PutWork>().Select(put => put.Block)]));
            foreach (var work in batch)
            {
                if (work is PutWork put)
                {
                    Stage(put, references.Dequeue());
                }
                else if (work is UpkeepWork upkeep)
                {
                    Commit();
                    upkeep.Run();
                }
            }

            Commit();
        }
        catch (Exception exception)
        {
            Forget();
            foreach (var work in batch)
            {
                work.Fail(exception);
            }
        }
    }

    private void Stage(PutWork put, BlockRef actual)
    {
        if (actual != put.Reference)
        {
            put.Outcome = PutOutcome.BadReference;
            _answers.Add(put);
            return;
        }

        if (_blocksByReference.TryGetValue(put.Reference, out var twin))
        {
            twin.Puts.Add(put);
            return;
        }

        // What is there is read and verified, so that a renewal also replaces a copy that has gone bad.
        if (reader.TryRead(put.Reference, _scratch, forgetUnreadable: true, out var entry))
        {
            put.Outcome = PutOutcome.AlreadyStored;
            if (put.Lease.EndUnixSeconds > entry.LeaseEnd)
            {
                _renewals.Add(new StagedRenewal(put, entry));
            }
            else
            {
                _answers.Add(put);
            }
        }
        else if (HasRoomForOneMore())
        {
            var staged = new StagedBlock(put.Reference, put.Block, [put]);
            _blocks.Add(staged);
            _blocksByReference.Add(put.Reference, staged);
        }
        else
        {
            _hasRefused = true;
            put.Outcome = PutOutcome.Full;
            _answers.Add(put);
        }
    }

    /// <summary>Whether quota and disk have room for one block more than is staged; reports which has not.</summary>
    private bool HasRoomForOneMore()
    {
        var blocks = _blocks.Count + 1L;
        var needed = BytesFor(blocks);
        var reserve = state.Leases.ReserveBytes(state.Index.Count + blocks);
        var quota = state.Quota;
        if (state.Segments.Bytes + needed + reserve + state.CompactionRoom > quota)
        {
            state.Report(new StorageException(
                StorageFault.QuotaReached,
                $"the store's quota of {quota} bytes is used up: raise it if the disk has room. Until then new blocks "
                + "are refused and stored ones are served"));
            return false;
        }

        if (needed > (_spaceLeft ??= state.Space.Left()))
        {
            state.Report(DiskFault.Full(state.Folder.Path));
            return false;
        }

        return true;
    }

    /// <summary>By how much the files grow with so many blocks more.</summary>
    public long BytesFor(long blocks)
    {
        var free = Current is null ? 0 : state.Options.SlotsPerSegment - Current.UsedSlots;
        var beyond = Math.Max(0, blocks - free);
        var newSegments = (beyond + state.Options.SlotsPerSegment - 1) / state.Options.SlotsPerSegment;
        return (blocks * StoreLayout.BlockBytes) + (newSegments * SegmentLayout.TableBytes);
    }

    private void Commit()
    {
        CommitBlocks();
        CommitRenewals();
        PutWork.Answer(_answers);
        Forget();
    }

    private void Forget()
    {
        _blocks.Clear();
        _blocksByReference.Clear();
        _renewals.Clear();
        _answers.Clear();
        _spaceLeft = null;
        _hasRefused = false;
    }

    private void CommitBlocks()
    {
        var done = 0;
        while (done < _blocks.Count)
        {
            try
            {
                Current ??= CreateSegment();
                var count = Math.Min(_blocks.Count - done, state.Options.SlotsPerSegment - Current.UsedSlots);
                WriteBlocks(Current, _blocks.GetRange(done, count));
                done += count;
                if (Current.UsedSlots == state.Options.SlotsPerSegment)
                {
                    Current = null;
                }
            }
            catch (Exception exception) when (DiskFault.Is(exception))
            {
                Refuse(_blocks.Skip(done).SelectMany(block => block.Puts), DiskFault.Of(exception, state.Folder.Path));
                return;
            }
        }

        if (done > 0 && !_hasRefused)
        {
            state.Trouble = null;
        }
    }

    /// <summary>A full disk is an answer; a broken one is the caller's to know.</summary>
    private void Refuse(IEnumerable<PutWork> puts, StorageException exception)
    {
        var isFull = exception.Fault == StorageFault.DiskFull;
        state.Report(exception);
        if (!isFull)
        {
            state.Counters.AddWriteError();
        }

        foreach (var put in puts)
        {
            if (isFull)
            {
                put.Outcome = PutOutcome.Full;
                _answers.Add(put);
            }
            else
            {
                put.Fail(exception);
            }
        }
    }

    /// <summary>A new segment, its name durable; the caller makes it <see cref="Current"/>.</summary>
    public Segment CreateSegment()
    {
        var number = checked(LastNumber + 1);

        // Used up even if this fails, lest a file that stays be in the way for ever.
        LastNumber = number;
        var segment = Segment.Create(state.Folder.SegmentPath(number), number);
        state.Segments.Add(segment);
        try
        {
            state.Folder.Flush();
            segment.Truncate();
            state.Segments.AddBytes(segment.FileBytes);
            return segment;
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            segment.FileBytes = 0;
            state.Segments.Delete(segment);
            throw;
        }
    }

    private void WriteBlocks(Segment segment, List<StagedBlock> blocks)
    {
        SegmentBatch.Write(
            state,
            segment,
            [.. blocks.Select(block => new BatchedBlock(block.Reference, block.LeaseEnd, block.Block))]);
        Publish(segment, blocks);
    }

    /// <summary>From here on the blocks can be read.</summary>
    private void Publish(Segment segment, List<StagedBlock> blocks)
    {
        foreach (var block in blocks)
        {
            // Compared with its reference before it came here.
            segment.Marks.Add(segment.UsedSlots, block.Reference, block.Block.Span);
            var position = segment.PositionOf(segment.UsedSlots);
            segment.UsedSlots++;
            segment.AddLive();
            state.Index.Add(new IndexEntry(state.Index.TagOf(block.Reference), position, block.LeaseEnd));
            for (var index = 0; index < block.Puts.Count; index++)
            {
                block.Puts[index].Outcome = index == 0 ? PutOutcome.Stored : PutOutcome.AlreadyStored;
                _answers.Add(block.Puts[index]);
            }
        }

        state.Segments.Grow(segment);
    }

    private void CommitRenewals()
    {
        if (_renewals.Count == 0)
        {
            return;
        }

        var records = _renewals
            .Select(renewal => new SegmentRecord(RecordKind.Lease, renewal.LeaseEnd, 0, renewal.Put.Reference.Value))
            .ToArray();
        bool written;
        try
        {
            written = state.Leases.TryAppend(records);
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            Refuse(_renewals.Select(renewal => renewal.Put), DiskFault.Of(exception, state.Folder.Path));
            return;
        }

        foreach (var (put, entry) in _renewals)
        {
            if (written)
            {
                state.Index.Extend(entry.Tag, entry.Position, put.Lease.EndUnixSeconds);
            }
            else
            {
                put.Outcome = PutOutcome.Full;
            }

            _answers.Add(put);
        }
    }

    /// <summary>Forgets what is over in one part of the index; after the last removes the segments that are empty
    /// then.</summary>
    public long Expire(DateTimeOffset now, int part)
    {
        var expired = state.Index.RemoveExpired(
            part,
            now.ToUnixTimeSeconds(),
            position => state.Segments.At(position)?.RemoveLive());
        if (part == BlockIndex.Parts - 1)
        {
            DeleteDeadSegments();
        }

        return expired;
    }

    /// <summary>Removes the segment files that hold nothing live.</summary>
    public void DeleteDeadSegments()
    {
        var dead = state.Segments.All.Where(segment => segment.LiveSlots == 0 && segment.UsedSlots > 0).ToArray();
        try
        {
            foreach (var segment in dead)
            {
                state.Options.OnStep?.Invoke(DiskStep.DeleteSegment);
                state.Segments.Delete(segment);
                Current = segment == Current ? null : Current;
            }

            if (dead.Length > 0)
            {
                state.Folder.Flush();
            }
        }
        catch (Exception exception) when (DiskFault.Is(exception))
        {
            // What is left takes up room until the next sweep, or until the store opens again.
            state.Counters.AddWriteError();
        }
    }

    private sealed record StagedBlock(BlockRef Reference, ReadOnlyMemory<byte> Block, List<PutWork> Puts)
    {
        /// <summary>The latest that any of the puts wants.</summary>
        public uint LeaseEnd => Puts.Max(put => put.Lease.EndUnixSeconds);
    }

    private readonly record struct StagedRenewal(PutWork Put, IndexEntry Entry)
    {
        public uint LeaseEnd => Put.Lease.EndUnixSeconds;
    }
}
