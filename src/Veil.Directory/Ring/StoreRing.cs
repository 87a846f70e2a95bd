using Geralt;
using Veil.Wire;

namespace Veil.Directory.Ring;

/// <summary>
/// The ring of stores (spec/directory.md, section 5; spec/store.md, section 1): a store stands at a point,
/// and a share belongs to the first stores after its own points.
/// </summary>
public sealed class StoreRing
{
    private readonly (Bytes32 Point, RelayId Store)[] _stores;

    /// <summary>Builds the ring; the order of <paramref name="stores"/> does not matter.</summary>
    public StoreRing(IEnumerable<(Bytes32 Point, RelayId Store)> stores)
    {
        _stores = [.. stores.OrderBy(entry => entry.Point).ThenBy(entry => entry.Store)];
    }

    /// <summary>Number of stores.</summary>
    public int Count => _stores.Length;

    /// <summary>All stores in ring order.</summary>
    public IEnumerable<RelayId> Stores => _stores.Select(entry => entry.Store);

    /// <summary>The ring as it is when a store has left.</summary>
    public StoreRing Without(RelayId store) => new(_stores.Where(entry => entry.Store != store));

    /// <summary>The first store at or after H(reference ‖ <paramref name="candidate"/>), going round.</summary>
    /// <exception cref="InvalidOperationException">The ring is empty.</exception>
    public RelayId Successor(BlockRef reference, uint candidate)
    {
        if (_stores.Length == 0)
        {
            throw new InvalidOperationException("the network has no stores");
        }

        Span<byte> input = stackalloc byte[Bytes32.Size + sizeof(uint)];
        reference.Value.AsSpan().CopyTo(input);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(input[Bytes32.Size..], candidate);
        Bytes32 point = default;
        BLAKE2b.ComputeHash(point, input);
        int low = 0, high = _stores.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _stores[middle].Point < point ? (middle + 1, high) : (low, middle);
        }

        return _stores[low % _stores.Length].Store;
    }
}
