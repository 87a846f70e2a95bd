namespace Veil.Content.Eris;

/// <summary>Why an object does not decode (spec/block.md, sections 4 and 5).</summary>
public enum ErisFault
{
    /// <summary>It does, so far.</summary>
    None = 0,

    /// <summary>A block is not to be had.</summary>
    MissingBlock,

    /// <summary>The root's level is above the limit.</summary>
    LevelLimit,

    /// <summary>More blocks than the limit.</summary>
    BlockLimit,

    /// <summary>More content than the limit.</summary>
    ContentLimit,

    /// <summary>A block is not of the capability's size.</summary>
    WrongSize,

    /// <summary>A block's digest is not its reference.</summary>
    WrongReference,

    /// <summary>A node's digest is not its key.</summary>
    WrongKey,

    /// <summary>A node is empty, not full where it must be, or goes on after its end.</summary>
    MalformedNode,

    /// <summary>The last block does not end in 0x80 and zeros.</summary>
    BadPadding,
}

/// <summary>What a decoder may spend on one object; given before the first block is fetched.</summary>
/// <param name="MaxLevel">Highest level of the root.</param>
/// <param name="MaxBlocks">Blocks of all levels, repeated ones counted each time.</param>
/// <param name="MaxContentBytes">Bytes that come out.</param>
public readonly record struct ErisLimits(int MaxLevel, long MaxBlocks, long MaxContentBytes);
