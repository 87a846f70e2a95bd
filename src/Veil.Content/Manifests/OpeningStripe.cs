using Veil.Content.Eris;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>
/// The stripe that whoever opens content reads first: where its shares are and how its leaves are decrypted
/// (spec/manifest.md, section 9). Secret.
/// </summary>
public sealed class OpeningStripe
{
    private readonly ErisPair[] _leaves;
    private readonly BlockRef[] _references;

    /// <summary>Puts one together.</summary>
    /// <param name="index">Number of the stripe.</param>
    /// <param name="leaves">Of all its leaves, in order.</param>
    /// <param name="parity">References of its parity shares, in order.</param>
    internal OpeningStripe(long index, ErisPair[] leaves, ReadOnlySpan<BlockRef> parity)
    {
        Index = index;
        _leaves = leaves;
        _references = [.. leaves.Select(leaf => leaf.Reference), .. parity];
    }

    /// <summary>Number of the stripe, from 0.</summary>
    public long Index { get; }

    /// <summary>Number of its first leaf among those of the content.</summary>
    internal long FirstLeaf => Index * ReedSolomon.MaxDataShares;

    /// <summary>Its leaves in order.</summary>
    internal ReadOnlySpan<ErisPair> Leaves => _leaves;

    /// <summary>References of its shares, data first.</summary>
    internal ReadOnlySpan<BlockRef> References => _references;

    /// <summary>Which stripe it is: of a file the first, of a folder the one in which its index begins.</summary>
    public static long IndexIn(ContentSize size) => size.IndexLength is null ? 0 : size.Length / StripeShape.FullBytes;

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(OpeningStripe);

    /// <summary>Reads one. Null where it has another length than the stripe needs, or contradicts the root.</summary>
    /// <param name="bytes">As in a manifest.</param>
    /// <param name="content">Of the content: a size that may exist, and the parity of its stripes.</param>
    /// <param name="data">Of the content.</param>
    internal static OpeningStripe? TryParse(
        ReadOnlySpan<byte> bytes,
        (ContentSize Size, ParityLevel Level) content,
        ReadCapability data)
    {
        var size = content.Size;
        if (size.Leaves <= 1) return null;
        var index = IndexIn(size);
        var shape = new StripePlan(size.Leaves, content.Level).ShapeOf(index);
        var leafBytes = shape.DataShares * ErisLayout.PairBytes;
        if (bytes.Length != leafBytes + (shape.ParityShares * Bytes32.Size)) return null;
        if (size.Leaves == shape.DataShares && !IsRoot(bytes[..leafBytes], data)) return null;
        var leaves = new ErisPair[shape.DataShares];
        for (var leaf = 0; leaf < leaves.Length; leaf++) leaves[leaf] = ErisNode.Read(bytes, leaf);
        var parity = new BlockRef[shape.ParityShares];
        for (var share = 0; share < parity.Length; share++)
        {
            parity[share] = new BlockRef(new Bytes32(bytes.Slice(leafBytes + (share * Bytes32.Size), Bytes32.Size)));
        }

        return new OpeningStripe(index, leaves, parity);
    }

    /// <summary>As in a manifest.</summary>
    internal byte[] ToBytes()
    {
        var leafBytes = _leaves.Length * ErisLayout.PairBytes;
        var parity = _references.AsSpan(_leaves.Length);
        var bytes = new byte[leafBytes + (parity.Length * Bytes32.Size)];
        for (var leaf = 0; leaf < _leaves.Length; leaf++) ErisNode.Write(bytes, leaf, _leaves[leaf]);
        for (var share = 0; share < parity.Length; share++)
        {
            parity[share].Value.AsSpan().CopyTo(bytes.AsSpan(leafBytes + (share * Bytes32.Size)));
        }

        return bytes;
    }

    /// <summary>Whether a node of the data's tree, in which the stripe lies, says the same.</summary>
    /// <param name="node">The plaintext of a node at level 1.</param>
    internal bool Agrees(ReadOnlySpan<byte> node)
    {
        var first = (int)(FirstLeaf % ErisLayout.Arity);
        for (var leaf = 0; leaf < _leaves.Length; leaf++)
        {
            if (ErisNode.Read(node, first + leaf) != _leaves[leaf]) return false;
        }

        return true;
    }

    // Where all leaves are in the stripe, its pairs are all of the root's.
    private static bool IsRoot(ReadOnlySpan<byte> pairs, ReadCapability data)
    {
        var node = new byte[ErisLayout.BlockBytes];
        pairs.CopyTo(node);
        return ErisCipher.NodeKey(node) == data.RootKey;
    }
}
