namespace Veil.Simulation.Privacy.Trunks;

/// <summary>What the third hop of one trunk sees of one fetch: which stores it branches to, and by the number of cells
/// how many blocks each sent. No reference and no key.</summary>
/// <param name="Truth">Which of the known objects it is; null for one that the observer does not know.</param>
/// <param name="Blocks">Blocks that came back from each store, by the store's number; 0 where no branch leads.</param>
internal sealed record TrunkView(int? Truth, int[] Blocks)
{
    /// <summary>Stores that it branches to.</summary>
    internal int Stores => Blocks.Count(blocks => blocks > 0);
}
