using CsCheck;
using Veil.Content.Stripes;
using Veil.Directory.Ring;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

public sealed class PlacementTests
{
    [Fact]
    public void Every_vector_gives_its_places()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("stripe").GetProperty("placements").EnumerateArray())
        {
            StoreRing ring = new(vector.GetProperty("ring").EnumerateArray().Select(entry =>
                (new Bytes32(entry.Hex("point")), new RelayId(new Bytes32(entry.Hex("store"))))));
            BlockRef[] references = [.. vector.HexArray("refs").Select(bytes => new BlockRef(new Bytes32(bytes)))];
            var data = vector.GetProperty("data").GetInt32();
            RelayId[] expected = [.. vector.HexArray("places").Select(bytes => new RelayId(new Bytes32(bytes)))];
            Assert.Equal(expected, Placement.OfStripe(ring, references, references.Length));

            // A reader without the stripe map places the data shares alike.
            Assert.Equal(expected[..data], Placement.OfStripe(ring, references.AsSpan(0, data), references.Length));
            RelayId[] copies =
                [.. vector.HexArray("copies_of_first").Select(bytes => new RelayId(new Bytes32(bytes)))];
            Assert.Equal(copies, Placement.OfCopies(ring, references[0]));
            ran++;
        }

        Assert.Equal(6, ran);
    }

    [Fact]
    public void No_store_gets_more_than_its_part_of_a_stripe()
    {
        Gen.Select(Gen.Int[1, 80], Gen.Int[1, 16], Gen.Int).Sample(
            (stores, data, salt) =>
            {
                var ring = TestRing.Of(stores);
                var total = StripeShape.For(data, ParityLevel.Full).TotalShares;
                var places = Placement.OfStripe(ring, References(total, salt), total);
                var most = places.GroupBy(store => store).Max(group => group.Count());
                Assert.True(most <= (total + stores - 1) / stores);
                Assert.Equal(total, places.Length);
            },
            iter: 60);
    }

    [Fact]
    public void Copies_go_to_ten_distinct_stores_and_alternatives_name_every_store_once()
    {
        var ring = TestRing.Of(40);
        var reference = References(1, 7)[0];
        var copies = Placement.OfCopies(ring, reference);
        Assert.Equal(10, copies.Distinct().Count());
        var alternatives = Placement.Alternatives(ring, reference).ToArray();
        Assert.Equal(40, alternatives.Distinct().Count());
        Assert.Equal(40, alternatives.Length);
        Assert.Equal(copies, alternatives[..10]);
        Assert.Equal(3, Placement.OfCopies(TestRing.Of(3), reference).Length);
    }

    [Fact]
    public void Redundancy_counts_the_fullest_stores_as_lost()
    {
        RelayId[] stores = [.. TestRing.Of(4).Stores];
        RedundancyCount count = new();
        Assert.Equal(new Redundancy(0, 0), count.Total);
        count.Add([stores[0], stores[1], stores[2]], 1);
        Assert.Equal(new Redundancy(3, 2), count.Total);
        count.Add([stores[0], stores[0], stores[0], stores[1], stores[3]], 2);
        Assert.Equal(new Redundancy(4, 1), count.Total);
        count.Add([stores[0], stores[0], stores[0], stores[1]], 2);
        Assert.Equal(new Redundancy(4, 0), count.Total);
    }

    private static BlockRef[] References(int count, int salt) =>
        [.. Enumerable.Range(0, count).Select(share => BlockRef.Of([(byte)share, .. BitConverter.GetBytes(salt)]))];
}
