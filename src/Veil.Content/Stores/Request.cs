using System.Buffers;
using Veil.Content.Edge;
using Veil.Links.Tasks;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Content.Stores;

/// <summary>One request to a store, until its reply. The reading task completes it, its caller may abandon
/// it.</summary>
internal sealed class Request(StoreFrameType type, BlockRef reference, Memory<byte> destination)
{
    private readonly Promise<StoreOutcome> _outcome = new();
    private readonly Lock _lock = new();
    private bool _abandoned;

    internal StoreFrameType Type => type;

    /// <summary>Why the store refused; valid with an outcome.</summary>
    internal StoreRefusal Refusal { get; private set; }

    /// <summary>What the store asks; valid with an outcome that a reply gave.</summary>
    internal StampPrice Price { get; private set; }

    /// <summary>Bytes of records that were taken; valid with an outcome.</summary>
    internal int Taken { get; private set; }

    internal Task<StoreOutcome> OutcomeAsync(CancellationToken cancellationToken) =>
        _outcome.WaitAsync(cancellationToken);

    internal void Complete(StoreOutcome outcome) => _outcome.TryKeep(outcome);

    internal void Complete(StoreOutcome outcome, in StoreReply reply)
    {
        Refusal = reply.Refusal;
        Price = reply.Price;
        Complete(outcome);
    }

    /// <summary>Takes what a store has under a key; whoever asked checks it.</summary>
    internal StoreOutcome TakeRecords(ReadOnlySequence<byte> records)
    {
        lock (_lock)
        {
            if (!_abandoned)
            {
                Taken = (int)records.Length;
                records.CopyTo(destination.Span);
            }
        }

        return StoreOutcome.Done;
    }

    /// <summary>The caller's buffer is its own again.</summary>
    internal void Abandon()
    {
        lock (_lock)
        {
            _abandoned = true;
        }
    }

    /// <summary>Takes what came as the block; false when nobody waits for it any more.</summary>
    internal bool TryTake(ReadOnlySequence<byte> block)
    {
        lock (_lock)
        {
            if (!_abandoned)
            {
                block.CopyTo(destination.Span);
            }

            return !_abandoned;
        }
    }

    /// <summary>Completes requests that took blocks: done if it is what was asked for, which for four is found out in
    /// little more time than for one. Forgets them.</summary>
    internal static void CompleteTaken(List<Request> requests)
    {
        // A buffer that its caller has taken back meanwhile is read here, and nobody learns with what result.
        var references = BlockRef.OfAll([.. requests.Select(request => request.Destination)]);
        for (int index = 0; index < references.Length; index++)
        {
            var request = requests[index];
            request.Complete(request.Reference == references[index] ? StoreOutcome.Done : StoreOutcome.Failed);
        }

        requests.Clear();
    }

    private BlockRef Reference => reference;

    private ReadOnlyMemory<byte> Destination => destination;
}
