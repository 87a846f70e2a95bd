using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Stripes;
using Veil.Directory.Ring;
using Veil.Simulation.Seeds;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>
/// What whoever has an object's key knows of a fetch of it: which stores are asked for how many blocks. Stores are
/// numbered in the order of the ring.
/// </summary>
internal sealed class KnownObject
{
    private KnownObject(int stores)
    {
        Data = new int[stores];
        Parity = new int[stores];
        Copies = new double[stores];
    }

    /// <summary>Data shares at each store.</summary>
    internal int[] Data { get; }

    /// <summary>Parity shares at each store: asked for only when others are slow or missing.</summary>
    internal int[] Parity { get; }

    /// <summary>Blocks in copies that a fetch asks each store for, on average: any of ten will do.</summary>
    internal double[] Copies { get; }

    /// <summary>The stores of the data shares, stripe by stripe.</summary>
    internal List<int[]> Stripes { get; } = [];

    /// <summary>The stores of each block in copies that every fetch needs, in the order in which it needs
    /// them.</summary>
    internal List<int[]> CopyPlaces { get; } = [];

    /// <summary>Of the references of an object's blocks, by the product's own rule of placement.</summary>
    /// <param name="ring">The stores.</param>
    /// <param name="stripes">All shares of each stripe, data first.</param>
    /// <param name="copied">Root of the manifest and inner nodes, as a reader needs them.</param>
    internal static KnownObject Of(StoreRing ring, IEnumerable<BlockRef[]> stripes, IEnumerable<BlockRef> copied)
    {
        var numbers = ring.Stores.Index().ToDictionary(store => store.Item, store => store.Index);
        KnownObject known = new(ring.Count);
        foreach (var shares in stripes)
        {
            int[] places = [.. Placement.OfStripe(ring, shares, shares.Length).Select(store => numbers[store])];
            var dataShares = DataSharesOf(shares.Length);
            known.Stripes.Add(places[..dataShares]);
            foreach (var place in places[..dataShares]) known.Data[place]++;
            foreach (var place in places[dataShares..]) known.Parity[place]++;
        }

        foreach (var reference in copied)
        {
            int[] places = [.. Placement.OfCopies(ring, reference).Select(store => numbers[store])];
            known.CopyPlaces.Add(places);
            foreach (var place in places) known.Copies[place] += 1.0 / places.Length;
        }

        return known;
    }

    /// <summary>An object of this length whose references are random, as hashes are.</summary>
    internal static KnownObject Random(StoreRing ring, long bytes, SeededDecisionSource choices)
    {
        ContentSize size = new(bytes);
        StripePlan plan = new(size.Leaves, ParityLevel.Full);
        var stripes = Enumerable.Range(0, (int)plan.Count)
            .Select(stripe => References(choices, plan.ShapeOf(stripe).TotalShares));
        return Of(ring, stripes, References(choices, 1 + (int)ErisLayout.InnerCount(size.Leaves)));
    }

    private static BlockRef[] References(SeededDecisionSource choices, int count)
    {
        var bytes = new byte[count * Bytes32.Size];
        choices.Fill(bytes);
        return [.. Enumerable.Range(0, count)
            .Select(index => new BlockRef(new Bytes32(bytes.AsSpan(index * Bytes32.Size, Bytes32.Size))))];
    }

    private static int DataSharesOf(int totalShares) => Enumerable.Range(1, ReedSolomon.MaxDataShares)
        .First(shares => StripeShape.For(shares, ParityLevel.Full).TotalShares == totalShares);
}
