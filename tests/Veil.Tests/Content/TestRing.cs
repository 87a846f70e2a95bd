using Geralt;
using Veil.Directory.Ring;
using Veil.Wire;

namespace Veil.Tests.Content;

/// <summary>Rings of stores that are the same in every run.</summary>
internal static class TestRing
{
    /// <summary>A ring of <paramref name="stores"/> stores at even-looking points.</summary>
    public static StoreRing Of(int stores) => new(Entries(stores));

    /// <summary>The stores of such a ring with their points.</summary>
    public static IEnumerable<(Bytes32 Point, RelayId Store)> Entries(int stores) => Enumerable.Range(0, stores)
        .Select(store => (Digest($"point {store}"), new RelayId(Digest($"store {store}"))));

    private static Bytes32 Digest(string text)
    {
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, System.Text.Encoding.ASCII.GetBytes(text));
        return digest;
    }
}
