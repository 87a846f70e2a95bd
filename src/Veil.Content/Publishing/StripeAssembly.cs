using Veil.Content.Eris;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Collects leaves until a stripe is full, then computes its parity. Holds up to 48 pooled blocks, which pass to
/// whoever takes the stripe. One owner at a time.
/// </summary>
internal sealed class StripeAssembly(BlockPool pool, ParityLevel level)
{
    private readonly List<byte[]> _blocks = [];
    private readonly List<BlockRef> _references = [];

    /// <summary>Data shares collected.</summary>
    public int Count => _blocks.Count;

    /// <summary>Adds the next leaf.</summary>
    public void Add(ErisBlock leaf)
    {
        var block = pool.Rent();
        leaf.Ciphertext.CopyTo(block);
        _blocks.Add(block);
        _references.Add(leaf.Reference);
    }

    /// <summary>Computes parity and starts over.</summary>
    public (StripeShape Shape, BlockRef[] References, byte[][] Blocks) Take()
    {
        var shape = StripeShape.For(_blocks.Count, level);
        for (var share = 0; share < shape.ParityShares; share++) _blocks.Add(pool.Rent());
        ReadOnlyMemory<byte>[] data = [.. _blocks.Take(shape.DataShares).Select(block => block.AsMemory())];
        Memory<byte>[] parity = [.. _blocks.Skip(shape.DataShares).Select(block => block.AsMemory())];
        ReedSolomon.Encode(data, parity);
        _references.AddRange(BlockRef.OfAll([.. parity]));
        var stripe = (shape, _references.ToArray(), _blocks.ToArray());
        _references.Clear();
        _blocks.Clear();
        return stripe;
    }
}
