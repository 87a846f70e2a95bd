using Veil.Content.Stripes;
using Veil.Content.Transfers;

namespace Veil.Content.Fetching;

/// <summary>Shares of a stripe from others of it.</summary>
internal static class ShareRebuild
{
    /// <summary>Computes what is missing; whoever uses it compares it with its references.</summary>
    /// <param name="shares">By number; at least <paramref name="needed"/>.</param>
    /// <param name="missing">Numbers wanted.</param>
    /// <param name="needed">Data shares of the stripe.</param>
    /// <param name="pool">Gives the buffers, which belong to the caller.</param>
    public static Dictionary<int, byte[]> Run(
        IReadOnlyDictionary<int, byte[]> shares,
        int[] missing,
        int needed,
        BlockPool pool)
    {
        // Several requests may have ended at once, so there may be more than needed; data shares cost nothing to use.
        int[] indexes = [.. shares.Keys.Order().Take(needed)];
        ReadOnlyMemory<byte>[] sources = [.. indexes.Select(share => shares[share].AsMemory())];
        byte[][] outputs = [.. missing.Select(_ => pool.Rent())];
        ReedSolomon.Reconstruct(indexes, sources, missing, [.. outputs.Select(block => block.AsMemory())]);
        return missing.Index().ToDictionary(share => share.Item, share => outputs[share.Index]);
    }
}
