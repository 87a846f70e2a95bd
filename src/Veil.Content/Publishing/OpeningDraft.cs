using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>
/// Collects the opening stripe (spec/manifest.md, section 9) while content is encoded. One owner at a time.
/// </summary>
internal sealed class OpeningDraft(ContentSize size)
{
    private readonly long _index = OpeningStripe.IndexIn(size);
    private readonly List<ErisPair> _leaves = [];
    private BlockRef[] _parity = [];
    private long _stripes;

    /// <summary>Takes note of a leaf.</summary>
    public void Add(ErisBlock leaf)
    {
        if (leaf.Index / ReedSolomon.MaxDataShares == _index) _leaves.Add(new ErisPair(leaf.Reference, leaf.Key));
    }

    /// <summary>Takes note of the next stripe that is complete.</summary>
    public void Add(StripeShape shape, ReadOnlySpan<BlockRef> references)
    {
        if (_stripes++ == _index) _parity = [.. references[shape.DataShares..]];
    }

    /// <summary>What was collected, once all is encoded; null where the one leaf is the root.</summary>
    public OpeningStripe? Finish() => size.Leaves > 1 ? new OpeningStripe(_index, [.. _leaves], _parity) : null;
}
