using Veil.Circuits.Streams;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Bench;

/// <summary>
/// One stream to a store that is kept full in one direction: the same block is asked for, or put, again and again
/// (spec/store.md, section 2). A block that is there already costs the store a digest and no writing.
/// </summary>
internal sealed class BlockTraffic
{
    // As many as a store takes of a circuit, and as a gateway sends: a whole batch of the store's, which then does
    // not wait for more (spec/store.md, section 5). With fewer, little is on its way at a time, and what relays pay
    // for each byte is not that of bulk. The rate of PUT remains the store's, who answers a batch when it has it.
    private const int InFlight = StoreLayout.MaxInFlight;

    // A day as a lease's end: nothing is paid, because the store of the bench is nearly empty.
    private readonly PaidLease _lease = new(LeaseDay.ForDays(1, TimeProvider.System.GetUtcNow()), Stamp.None);

    private readonly CircuitStream _stream;
    private readonly Turnstile _room = new(InFlight);
    private readonly byte[] _block = new byte[StoreLayout.BlockBytes];
    private readonly BlockRef _reference;
    private uint _request;

    internal BlockTraffic(CircuitStream stream)
    {
        _stream = stream;
        _reference = BlockRef.Of(_block);
    }

    /// <summary>Moves so many blocks and waits for the last answer.</summary>
    /// <exception cref="IOException">The store refused, or the stream ended.</exception>
    internal async Task MoveAsync(StoreFrameType type, int blocks)
    {
        var reading = ReadAsync(type == StoreFrameType.Get ? StoreFrameType.Block : StoreFrameType.Stored, blocks);
        for (int sent = 0; sent < blocks; sent++)
        {
            await _room.EnterAsync(CancellationToken.None);
            if (reading.IsFaulted)
            {
                break;
            }

            if (type == StoreFrameType.Get)
            {
                StoreFrameWriter.WriteGet(_stream.Output, ++_request, _reference);
            }
            else
            {
                StoreFrameWriter.WritePut(_stream.Output, ++_request, _reference, _lease, _block);
            }

            await _stream.Output.FlushAsync();
        }

        await reading;
    }

    private async Task ReadAsync(StoreFrameType expected, int blocks)
    {
        try
        {
            while (blocks > 0)
            {
                var result = await _stream.Input.ReadAsync();
                var buffer = result.Buffer;
                StoreReadResult read;
                while ((read = StoreFrameReader.TryReadReply(ref buffer, out var reply)) == StoreReadResult.Frame)
                {
                    if (reply.Type != expected)
                    {
                        throw new IOException($"the store answered {reply.Type} {reply.Refusal}");
                    }

                    blocks--;
                    _room.Leave();
                }

                _stream.Input.AdvanceTo(buffer.Start, buffer.End);
                if (read == StoreReadResult.Malformed || (result.IsCompleted && blocks > 0))
                {
                    throw new IOException("the store ended the stream");
                }
            }
        }
        catch
        {
            // Whoever waits for room looks at this task and ends.
            _room.Leave();
            throw;
        }
    }
}
