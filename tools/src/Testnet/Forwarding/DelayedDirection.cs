using System.Buffers;
using System.Threading.Channels;

namespace Veil.Tools.Testnet.Forwarding;

/// <summary>
/// One direction of a forwarded connection: a loop that reads and hands to the <see cref="Pacer"/>, and a loop that
/// writes what the pacer releases. Order is kept; the end is passed on as an end, a reset as a reset. Reading pauses
/// when as much is on the way as the bandwidth times the delay allows, and when the receiver does not keep up: a slow
/// receiver slows the sender as its own window would, and does not find megabytes of old cells in front of new ones.
/// </summary>
internal sealed class DelayedDirection
{
    /// <summary>Bytes that a read asks for.</summary>
    internal const int ReadBytes = 64 * 1024;

    // Released and not yet taken by the receiver: a millisecond of lateness at 1 GiB/s.
    private const int MaxOverdueBytes = 1 << 20;

    // On the way: 1 GiB/s times the delay, the rate of bare loopback TCP when two cores do nothing else.
    private const long AssumedBytesPerSecond = 1L << 30;

    // On the way, in chunks: senders write cells of 2 KiB and more.
    private const int SmallestUsualChunkBytes = 2048;

    private readonly ForwarderSocket _from;
    private readonly ForwarderSocket _to;
    private readonly Pacer _pacer;
    private readonly Channel<Chunk> _released;
    private readonly long _maxBytes;
    private readonly int _maxChunks;
    private readonly Lock _lock = new();

    // Under the lock.
    private long _bytes;
    private long _overdueBytes;
    private int _chunks;
    private bool _broken;
    private TaskCompletionSource? _room;

    internal DelayedDirection(ForwarderSocket from, ForwarderSocket to, Pacer pacer, TimeSpan delay)
    {
        (_from, _to, _pacer) = (from, to, pacer);
        _maxBytes = MaxOverdueBytes + (long)(AssumedBytesPerSecond * delay.TotalSeconds);
        _maxChunks = (int)Math.Min(int.MaxValue / 2, _maxBytes / SmallestUsualChunkBytes);

        // One more for the end, which is not counted.
        _released = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(_maxChunks + 1)
        {
            SingleReader = true,
            SingleWriter = true,
        });
    }

    /// <summary>Reads until the end or a fault, and passes on which it was.</summary>
    internal async Task ReadAsync(CancellationToken cancellationToken)
    {
        var scratch = new byte[ReadBytes];
        try
        {
            while (await HasRoomAsync(cancellationToken))
            {
                var count = await _from.ReceiveAsync(scratch, cancellationToken);
                if (count == 0)
                {
                    _pacer.Enqueue(this, new Chunk(ChunkKind.End, [], 0));
                    return;
                }

                var buffer = ArrayPool<byte>.Shared.Rent(count);
                scratch.AsSpan(0, count).CopyTo(buffer);
                lock (_lock)
                {
                    _bytes += count;
                    _chunks++;
                }

                _pacer.Enqueue(this, new Chunk(ChunkKind.Data, buffer, count));
            }
        }
        catch (IOException)
        {
            _pacer.Enqueue(this, new Chunk(ChunkKind.Reset, [], 0));
        }
    }

    /// <summary>Called by the pacer, in order.</summary>
    internal void Release(Chunk chunk)
    {
        lock (_lock)
        {
            _overdueBytes += chunk.Length;
        }

        // Room by construction: the reader counts chunks, and an end comes once.
        _released.Writer.TryWrite(chunk);
        if (chunk.Kind != ChunkKind.Data)
        {
            _released.Writer.TryComplete();
        }
    }

    /// <summary>Writes what is released, to the end.</summary>
    /// <exception cref="IOException">The receiver is gone; the sender must be told.</exception>
    internal async Task WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _released.Reader.WaitToReadAsync(cancellationToken))
            {
                while (_released.Reader.TryRead(out var chunk))
                {
                    await PassAsync(chunk, cancellationToken);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _broken = true;
                _room?.TrySetResult();
            }
        }
    }

    private async Task PassAsync(Chunk chunk, CancellationToken cancellationToken)
    {
        switch (chunk.Kind)
        {
            case ChunkKind.End:
                _to.FinishSending();
                break;
            case ChunkKind.Reset:
                _to.Reset();
                break;
            default:
                await _to.SendAsync(chunk.Buffer.AsMemory(0, chunk.Length), cancellationToken);
                ArrayPool<byte>.Shared.Return(chunk.Buffer);
                Forget(chunk);
                break;
        }
    }

    private void Forget(Chunk chunk)
    {
        TaskCompletionSource? room = null;
        lock (_lock)
        {
            _bytes -= chunk.Length;
            _overdueBytes -= chunk.Length;
            _chunks--;
            if (IsRoom)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.TrySetResult();
    }

    private bool IsRoom => _bytes < _maxBytes && _chunks < _maxChunks && _overdueBytes < MaxOverdueBytes;

    /// <returns>False when nobody takes the bytes any more.</returns>
    private async ValueTask<bool> HasRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_broken || IsRoom)
                {
                    return !_broken;
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _room.Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }
}
