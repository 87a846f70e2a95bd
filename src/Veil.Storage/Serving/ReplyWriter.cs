using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Channels;
using Veil.Storage.Blocks;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Storage.Serving;

/// <summary>
/// Writes the replies of one session in the order in which they are ready, and reads the blocks for them as far as the
/// peer takes them (spec/store.md, section 7). Knows whether anybody still wants them.
/// </summary>
internal sealed class ReplyWriter(
    IDuplexPipe stream,
    IBlockStore store,
    StoreBudget budget,
    StoreSessionOptions options)
{
    // What a stream's send buffer takes: they share a wake of the link, and none waits for more than three.
    private const int BlocksAtOnce = 4;

    // As many again are with the disk while those are taken, and a peer that takes none holds no more (spec/store.md,
    // section 7).
    private const int BlocksAhead = 2 * BlocksAtOnce;

    private readonly Channel<SessionReply> _replies = Channel.CreateBounded<SessionReply>(
        new BoundedChannelOptions(options.MaxInFlight) { SingleReader = true });

    // Of the writing loop: what is to be read when there is room, and what was read and waits for its turn.
    private readonly Queue<SessionReply> _wanted = [];
    private readonly Queue<SessionReply> _read = [];

    // Buffers of blocks that are being read or wait to be written.
    private int _buffers;

    private volatile bool _peerGone;
    private volatile bool _abandoned;
    private volatile bool _failed;

    /// <summary>Whether the session failed by its own fault.</summary>
    internal bool HasFailed => _failed;

    /// <summary>Whether there is no use in reading on.</summary>
    internal bool IsOver => _peerGone || _failed;

    /// <summary>Takes a reply whose request holds a slot. Any thread.</summary>
    internal void Post(in SessionReply reply)
    {
        var posted = _replies.Writer.TryWrite(reply);
        Debug.Assert(posted, "there are as many places as slots");
    }

    /// <summary>Replies go nowhere from now on. Any thread, idempotent.</summary>
    internal void Abandon()
    {
        _abandoned = true;
        stream.Output.CancelPendingFlush();
    }

    /// <summary>Our own fault: the session ends as if the peer had gone, and says so in its reason. Any thread.
    /// </summary>
    internal void Fail()
    {
        _failed = true;
        Abandon();
        stream.Input.CancelPendingRead();
    }

    /// <summary>There will be no further reply.</summary>
    internal void Complete() => _replies.Writer.Complete();

    /// <summary>Writes until <see cref="Complete"/>; each reply gives a slot back.</summary>
    internal async Task RunAsync(SemaphoreSlim slots)
    {
        while (HasWork() || await _replies.Reader.WaitToReadAsync())
        {
            var taken = Write();
            if (taken > 0)
            {
                await FlushAsync();
                slots.Release(taken);
            }
        }
    }

    // Where blocks are wanted and there is no room for one, those that take it are posted when they have been read.
    private bool HasWork() => _read.Count > 0 || (_wanted.Count > 0 && HasRoom(0));

    // What is written and not yet taken counts, too.
    private bool HasRoom(int written) => Volatile.Read(ref _buffers) + written < BlocksAhead;

    private int Write()
    {
        var (taken, blocks) = (0, 0);
        do
        {
            taken += WriteOthers() + WriteBlocks(ref blocks);
        }
        while (blocks < BlocksAtOnce && _replies.Reader.TryPeek(out _));
        return taken;
    }

    private int WriteBlocks(ref int blocks)
    {
        var taken = 0;

        // The disk is asked first, to be at work while the peer takes what is written.
        while (blocks < BlocksAtOnce && HasRoom(blocks) && _wanted.TryDequeue(out var reply))
        {
            if (!TryRead(ref reply))
            {
                continue;
            }

            // A block that was waited for goes before one that was not, or it might wait for ever.
            if (reply.Block is not null && _read.Count > 0)
            {
                _read.Enqueue(reply);
                continue;
            }

            taken++;
            blocks += reply.Block is null ? 0 : 1;
            Write(reply);
        }

        for (; blocks < BlocksAtOnce && _read.TryDequeue(out var reply); blocks++)
        {
            taken++;
            Write(reply);
        }

        return taken;
    }

    // What carries no block waits for none.
    private int WriteOthers()
    {
        var taken = 0;
        while (_replies.Reader.TryRead(out var reply))
        {
            if (reply.Type == StoreFrameType.Get)
            {
                _wanted.Enqueue(reply);
            }
            else if (reply.Block is not null)
            {
                _read.Enqueue(reply);
            }
            else
            {
                taken++;
                Write(reply);
            }
        }

        return taken;
    }

    private void Write(in SessionReply reply)
    {
        try
        {
            if (!_abandoned && !_peerGone)
            {
                reply.WriteTo(stream.Output, options.Gate?.Price ?? StampPrice.Free);
            }
        }
        catch (Exception)
        {
            Fail();
        }

        if (reply.Block is { } buffer)
        {
            Return(buffer);
        }
    }

    private void Return(byte[] buffer)
    {
        budget.Return(buffer);
        Interlocked.Decrement(ref _buffers);
    }

    /// <summary>Reads a block for its reply, or has it read and posted later: false.</summary>
    private bool TryRead(ref SessionReply reply)
    {
        if (_abandoned || _peerGone)
        {
            return true;
        }

        if (budget.TryRent() is not { } buffer)
        {
            reply = SessionReply.Refuse(reply.RequestId, StoreRefusal.Overloaded);
            return true;
        }

        Interlocked.Increment(ref _buffers);
        var reading = ReadAsync(reply, buffer);
        if (reading.IsCompletedSuccessfully)
        {
            reply = reading.Result;
            return true;
        }

        _ = PostAsync(reading);
        return false;
    }

    private async ValueTask<SessionReply> ReadAsync(SessionReply wanted, byte[] buffer)
    {
        try
        {
            if (await store.TryReadAsync(wanted.Reference, buffer, CancellationToken.None))
            {
                options.OnBlock?.Invoke(wanted.Reference, false);
                return new SessionReply(StoreFrameType.Block, wanted.RequestId) { Block = buffer };
            }
        }
        catch (Exception)
        {
            Fail();
        }

        Return(buffer);
        return new SessionReply(StoreFrameType.NotFound, wanted.RequestId);
    }

    // What the disk had to be waited for.
    private async Task PostAsync(ValueTask<SessionReply> reading) => Post(await reading);

    private async Task FlushAsync()
    {
        if (_abandoned || _peerGone)
        {
            return;
        }

        try
        {
            var flushed = await stream.Output.FlushAsync();
            _peerGone = flushed.IsCompleted;
        }
        catch (IOException)
        {
            _peerGone = true;
        }
        catch (Exception)
        {
            Fail();
        }

        if (_peerGone)
        {
            stream.Input.CancelPendingRead();
        }
    }
}
