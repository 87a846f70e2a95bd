using CsCheck;
using Veil.Tests.Content;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Wire.Stamps;

/// <summary>What a stamp is worth, and for what (spec/stamp.md, sections 2 and 4).</summary>
public sealed class StampTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 23, 59, 59, TimeSpan.Zero);

    private static readonly Gen<Bytes32> GenBytes = Gen.Byte.Array[32].Select(bytes => new Bytes32(bytes));

    private static readonly Gen<StampTerms> GenTerms = Gen.Select(GenBytes, GenBytes, GenBytes, Gen.UShort).Select(
        (network, store, reference, end) =>
            new StampTerms(new NetworkId(network), new RelayId(store), new BlockRef(reference), new LeaseDay(end)));

    [Fact]
    public void Stamps_are_those_of_the_vectors()
    {
        var vectors = SpecVectors.Read("stamp");
        var terms = new StampTerms(
            new NetworkId(new Bytes32(vectors.Hex("network"))),
            new RelayId(new Bytes32(vectors.Hex("store"))),
            new BlockRef(new Bytes32(vectors.Hex("reference"))),
            new LeaseDay(vectors.GetProperty("lease_end").GetUInt16()));
        foreach (var stamp in vectors.GetProperty("stamps").EnumerateArray())
        {
            var work = stamp.GetProperty("work").GetUInt64();
            var value = Convert.ToUInt64(stamp.GetProperty("value").GetString(), 16);
            var found = Find(terms, work);

            Assert.Equal(Convert.ToUInt64(stamp.GetProperty("nonce").GetString(), 16), found.Nonce);

            // The most that it is worth, to the hash.
            Assert.True(terms.IsPaid(found, ulong.MaxValue / value));
            Assert.False(terms.IsPaid(found, (ulong.MaxValue / value) + 1));
        }
    }

    // The search computes four digests at a time; the check one, by libsodium.
    [Fact]
    public void The_search_finds_the_first_nonce_that_the_check_takes() => Gen
        .Select(GenTerms, Gen.ULong[2, 600])
        .Sample((terms, work) =>
        {
            var found = Find(terms, work);
            Assert.True(terms.IsPaid(found, work));
            for (ulong nonce = 0; nonce < found.Nonce; nonce++)
            {
                Assert.False(terms.IsPaid(new Stamp(nonce), work));
            }
        }, seed: "0000KOIPFAv6", iter: 200);

    [Fact]
    public void A_search_in_pieces_finds_the_same() => Gen
        .Select(GenTerms, Gen.Int[1, 50])
        .Sample((terms, piece) =>
        {
            var search = new StampSearch(terms, 1000);
            Stamp stamp;
            while (!search.TryFind(piece, out stamp))
            {
                Assert.True(search.Tried < 100_000);
            }

            Assert.Equal(Find(terms, 1000), stamp);
        }, seed: "0000KOIPFAv6", iter: 100);

    [Fact]
    public void A_stamp_is_worth_nothing_for_another_block_store_network_or_day()
    {
        // Each of the 200 would pass by chance once in 16,384: these do not, in any run.
        const ulong Work = 1 << 14;
        for (byte seed = 0; seed < 50; seed++)
        {
            var (terms, other) = (Terms(seed), Terms((byte)(seed + 100)));
            var stamp = Find(terms, Work);
            Assert.True(terms.IsPaid(stamp, Work));
            Assert.False((terms with { Network = other.Network }).IsPaid(stamp, Work));
            Assert.False((terms with { Store = other.Store }).IsPaid(stamp, Work));
            Assert.False((terms with { Reference = other.Reference }).IsPaid(stamp, Work));
            Assert.False((terms with { End = new LeaseDay((ushort)(terms.End.Value ^ 1)) }).IsPaid(stamp, Work));
        }
    }

    [Fact]
    public void Finding_takes_as_many_hashes_as_are_asked_on_average()
    {
        const ulong Work = 500;
        const int Stamps = 1000;
        double tried = 0;
        for (ushort day = 0; day < Stamps; day++)
        {
            tried += Find(new StampTerms(default, default, default, new LeaseDay(day)), Work).Nonce + 1;
        }

        // A standard deviation of 16.
        Assert.InRange(tried / Stamps, 430, 570);
    }

    [Fact]
    public void Where_nothing_is_asked_any_stamp_will_do() => Gen
        .Select(GenTerms, Gen.ULong, Gen.ULong[0, 1])
        .Sample(
            (terms, nonce, work) => Assert.True(terms.IsPaid(new Stamp(nonce), work)),
            seed: "0000KOIPFAv6",
            iter: 1000);

    [Fact]
    public void The_highest_work_that_can_be_asked_is_checked_without_a_fault()
    {
        var work = new StampPrice(uint.MaxValue).Work(60);
        Assert.Equal(60UL * uint.MaxValue, work);
        Assert.False(new StampTerms(default, default, default, default).IsPaid(Stamp.None, work));
    }

    [Theory]
    [InlineData(0, false, 1)]
    [InlineData(1, true, 1)]
    [InlineData(2, true, 1)]
    [InlineData(31, true, 30)]
    [InlineData(61, true, 60)]
    [InlineData(62, true, 60)]
    [InlineData(63, false, 60)]
    [InlineData(-1, false, 1)]
    public void Leases_of_1_to_60_days_are_sold_and_one_more_for_clocks(int days, bool isSold, int paidDays)
    {
        var end = new LeaseDay((ushort)(LeaseDay.Of(Now).Value + days));

        Assert.Equal(isSold, end.IsSold(Now));
        Assert.Equal(paidDays, end.PaidDays(Now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void A_lease_is_never_shorter_than_asked(int days)
    {
        var end = LeaseDay.ForDays((ushort)days, Now);

        Assert.Equal(days, end.PaidDays(Now));
        Assert.InRange(
            end.StartUnixSeconds,
            Now.AddDays(days).ToUnixTimeSeconds(),
            Now.AddDays(days + 1).ToUnixTimeSeconds());
    }

    private static StampTerms Terms(byte seed) => new(
        new NetworkId(Filled(seed)), new RelayId(Filled(seed)), new BlockRef(Filled(seed)), new LeaseDay(seed));

    private static Bytes32 Filled(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);

    private static Stamp Find(StampTerms terms, ulong work)
    {
        Assert.True(new StampSearch(terms, work).TryFind(int.MaxValue - 3, out var stamp));
        return stamp;
    }
}
