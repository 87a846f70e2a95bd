using Veil.Content.Stripes;
using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>Where blocks are, and where they may be (spec/keeping.md, section 3).</summary>
public sealed class KeepRing
{
    private readonly HashSet<RelayId> _listed;

    /// <param name="present">The ring of the consensus.</param>
    /// <param name="remembered">The same with the stores that are away for no longer than the grace.</param>
    public KeepRing(StoreRing present, StoreRing remembered)
    {
        ArgumentNullException.ThrowIfNull(present);
        ArgumentNullException.ThrowIfNull(remembered);
        Present = present;
        Remembered = remembered;
        _listed = [.. present.Stores];
    }

    /// <summary>Where readers look and new blocks go.</summary>
    public StoreRing Present { get; }

    /// <summary>Where blocks were placed.</summary>
    public StoreRing Remembered { get; }

    /// <summary>Whether a store can be asked.</summary>
    public bool IsListed(RelayId store) => _listed.Contains(store);

    /// <summary>The place of each share on both rings.</summary>
    internal (RelayId[] Present, RelayId[] Remembered) PlacesOf(BlockRef[] references) => (
        Placement.OfStripe(Present, references, references.Length),
        Placement.OfStripe(Remembered, references, references.Length));
}
