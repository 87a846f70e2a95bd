using System.Diagnostics;
using Veil.Wire;

namespace Veil.Content.Eris;

/// <summary>One child of a node: where its block is and how to decrypt it. Secret.</summary>
internal readonly record struct ErisPair(BlockRef Reference, Bytes32 Key)
{
    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(ErisPair);
}

/// <summary>Pairs within a decrypted node (spec/block.md, sections 2 and 4).</summary>
internal static class ErisNode
{
    /// <summary>The pair at <paramref name="index"/>.</summary>
    public static ErisPair Read(ReadOnlySpan<byte> node, int index)
    {
        var pair = node.Slice(index * ErisLayout.PairBytes, ErisLayout.PairBytes);
        return new ErisPair(
            new BlockRef(new Bytes32(pair[..Bytes32.Size])),
            new Bytes32(pair[Bytes32.Size..]));
    }

    /// <summary>Writes the pair at <paramref name="index"/>.</summary>
    public static void Write(Span<byte> node, int index, ErisPair pair)
    {
        var destination = node.Slice(index * ErisLayout.PairBytes, ErisLayout.PairBytes);
        pair.Reference.Value.AsSpan().CopyTo(destination);
        pair.Key.AsSpan().CopyTo(destination[Bytes32.Size..]);
    }

    /// <summary>
    /// Number of pairs. False where the node is empty or something follows the pair of zeros that ends it.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<byte> node, out int count)
    {
        Debug.Assert(node.Length % ErisLayout.PairBytes == 0, "a node is whole pairs");
        for (count = 0; count < node.Length / ErisLayout.PairBytes; count++)
        {
            var pair = node.Slice(count * ErisLayout.PairBytes, ErisLayout.PairBytes);
            if (!pair.ContainsAnyExcept((byte)0)) break;
        }

        return count > 0 && !node[(count * ErisLayout.PairBytes)..].ContainsAnyExcept((byte)0);
    }
}
