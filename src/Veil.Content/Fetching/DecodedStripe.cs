using Veil.Content.Transfers;

namespace Veil.Content.Fetching;

/// <summary>
/// The plaintext of a stripe's leaves, in buffers that go back to the object's pool when neither the cache nor a reader
/// holds it any more. Made with one holder. Safe for concurrent use.
/// </summary>
/// <param name="leaves">A block each, padding included.</param>
/// <param name="pool">Where they come from.</param>
internal sealed class DecodedStripe(byte[][] leaves, BlockPool pool)
{
    private int _holders = 1;

    /// <summary>How many leaves.</summary>
    public int Count => leaves.Length;

    /// <summary>One leaf; for holders.</summary>
    public ReadOnlyMemory<byte> this[int leaf] => leaves[leaf];

    /// <summary>Becomes a holder; false where nobody is one any more.</summary>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var before = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (before == holders) return true;
            holders = before;
        }

        return false;
    }

    /// <summary>Is a holder no more.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        foreach (var leaf in leaves) pool.Return(leaf);
    }
}
