namespace Veil.Content.Eris;

/// <summary>Sizes of ERIS blocks and trees (spec/block.md, section 1). Bytes unless said otherwise.</summary>
public static class ErisLayout
{
    /// <summary>The small block; the codec has it, Veil stores none.</summary>
    public const int SmallBlockBytes = 1024;

    /// <summary>The block that stores keep.</summary>
    public const int BlockBytes = 32768;

    /// <summary>Reference ‖ key.</summary>
    public const int PairBytes = 64;

    /// <summary>A block's ChaCha20 key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Pairs in a full node of 32 KiB.</summary>
    public const int Arity = BlockBytes / PairBytes;

    /// <summary>What keeps equal content of two publications apart.</summary>
    public const int ConvergenceSecretBytes = 32;

    /// <summary>The highest root that a file of Veil may have (spec/block.md, section 5).</summary>
    public const int MaxLevel = 3;

    /// <summary>The largest file, whose root is at <see cref="MaxLevel"/>.</summary>
    public const long MaxContentBytes = (1L << 42) - 1;

    /// <summary>True for the two block sizes of ERIS.</summary>
    public static bool IsBlockSize(int bytes) => bytes is SmallBlockBytes or BlockBytes;

    /// <summary>
    /// Leaves of an object of <paramref name="contentBytes"/> bytes in blocks of 32 KiB; padding always adds.
    /// </summary>
    public static long LeafCount(long contentBytes) => (contentBytes / BlockBytes) + 1;

    /// <summary>Level of the root over <paramref name="leafCount"/> leaves of 32 KiB.</summary>
    public static int RootLevel(long leafCount)
    {
        var level = 0;
        for (var count = leafCount; count > 1; count = NodeCount(count, 1)) level++;
        return level;
    }

    /// <summary>Blocks at <paramref name="level"/> above <paramref name="leafCount"/> leaves of 32 KiB.</summary>
    public static long NodeCount(long leafCount, int level)
    {
        for (; level > 0; level--) leafCount = (leafCount / Arity) + (leafCount % Arity == 0 ? 0 : 1);
        return leafCount;
    }

    /// <summary>Blocks of all levels above the leaves.</summary>
    public static long InnerCount(long leafCount)
    {
        long total = 0;
        var root = RootLevel(leafCount);
        for (var level = 1; level <= root; level++) total += NodeCount(leafCount, level);
        return total;
    }
}
