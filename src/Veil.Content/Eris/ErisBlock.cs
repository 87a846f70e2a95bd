using Veil.Wire;

namespace Veil.Content.Eris;

/// <summary>One encoded block on its way from an <see cref="ErisEncoder"/>; valid only during the call.</summary>
/// <param name="level">0 for a leaf.</param>
/// <param name="index">Position among the blocks of its level, from 0.</param>
/// <param name="reference">The block's name.</param>
/// <param name="key">Decrypts it; secret.</param>
/// <param name="ciphertext">Exactly one block.</param>
public readonly ref struct ErisBlock(
    int level,
    long index,
    BlockRef reference,
    Bytes32 key,
    ReadOnlySpan<byte> ciphertext)
{
    /// <summary>0 for a leaf.</summary>
    public int Level { get; } = level;

    /// <summary>Position among the blocks of its level, from 0.</summary>
    public long Index { get; } = index;

    /// <summary>The block's name.</summary>
    public BlockRef Reference { get; } = reference;

    /// <summary>Decrypts it. Secret.</summary>
    public Bytes32 Key { get; } = key;

    /// <summary>Exactly one block; overwritten after the call.</summary>
    public ReadOnlySpan<byte> Ciphertext { get; } = ciphertext;
}

/// <summary>Takes one block; copies what it wants to keep.</summary>
public delegate void ErisBlockHandler(ErisBlock block);
