using System.Buffers;
using System.IO.Pipelines;
using Veil.Simulation.Storage;
using Veil.Storage.Serving;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>How a store that is drained answers (spec/store.md, section 12).</summary>
public sealed class DrainedSessionTests
{
    private readonly ManualTime _time = new(StoreRig.Start);

    [Fact]
    public async Task New_blocks_and_renewals_are_refused_as_by_a_full_store_and_what_is_there_is_served()
    {
        await using var store = new MemoryBlockStore(4 * MemoryBlockStore.BytesPerBlock, _time);
        await store.PutAsync(
            StoreRig.RefOf(1),
            StoreRig.Block(1),
            Veil.Storage.Blocks.Lease.ForDays(10, _time),
            StoreRig.Cancellation);
        var isDrained = true;
        var options = new StoreSessionOptions { MaxInFlight = 1, TakesNothing = () => isDrained };

        var drained = await AskAsync(store, options);
        isDrained = false;
        var after = await AskAsync(store, options);

        Assert.Equal(["Refused Full", "Refused Full", "Block"], drained);
        Assert.Equal(["Stored", "Stored", "Block"], after);
    }

    // A new block, a renewal, a fetch.
    private async Task<List<string>> AskAsync(MemoryBlockStore store, StoreSessionOptions options)
    {
        var requests = new Pipe();
        var replies = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        StoreFrameWriter.WritePut(requests.Writer, 1, StoreRig.RefOf(2), StoreRig.Unpaid(), StoreRig.Block(2));
        StoreFrameWriter.WritePut(requests.Writer, 2, StoreRig.RefOf(1), StoreRig.Unpaid(), StoreRig.Block(1));
        StoreFrameWriter.WriteGet(requests.Writer, 3, StoreRig.RefOf(1));
        await requests.Writer.CompleteAsync();
        var stream = new Ends(requests.Reader, replies.Writer);
        var session = new StoreSession(stream, store, new StoreBudget(), _time, options);

        Assert.Equal(CloseReason.PeerClosed, await session.RunAsync(StoreRig.Cancellation));

        List<string> answers = [];
        var read = await replies.Reader.ReadAsync(StoreRig.Cancellation);
        var buffer = read.Buffer;
        while (StoreFrameReader.TryReadReply(ref buffer, out var reply) == StoreReadResult.Frame)
        {
            answers.Add(reply.Type == StoreFrameType.Refused ? $"Refused {reply.Refusal}" : $"{reply.Type}");
        }

        return answers;
    }

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
