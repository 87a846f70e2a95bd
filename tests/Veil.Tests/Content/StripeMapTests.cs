using Veil.Content.Stripes;
using Xunit;

namespace Veil.Tests.Content;

public sealed class StripeMapTests
{
    [Fact]
    public void Every_vector_parses_and_every_other_length_or_header_is_refused()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("stripe").GetProperty("maps").EnumerateArray())
        {
            var bytes = vector.Hex("map");
            Assert.True(StripeMap.TryParse(bytes, out var map));
            Assert.Equal(vector.GetProperty("leaves").GetInt64(), map!.Plan.Leaves);
            var level = vector.TryGetProperty("level", out var said) ? said.GetInt32() : 0;
            Assert.Equal((ParityLevel)level, map.Plan.Level);
            Assert.Equal(vector.GetProperty("inner").GetInt64(), map.InnerCount);
            var references = Enumerable.Range(0, (int)map.Plan.Count)
                .SelectMany(stripe => map.Shares(stripe))
                .Concat(map.InnerNodes())
                .SelectMany(reference => reference.Value.AsSpan().ToArray());
            Assert.Equal(bytes[32..], references);

            Assert.False(StripeMap.TryParse(bytes.AsMemory(0, bytes.Length - 1), out _));
            Assert.False(StripeMap.TryParse(bytes.AsMemory(0, 31), out _));
            Assert.False(StripeMap.TryParse((byte[])[.. bytes, 0], out _));
            for (var position = 0; position < StripeMapLayout.HeaderBytes; position++)
            {
                var changed = bytes.ToArray();
                changed[position] ^= 0x81;
                Assert.False(StripeMap.TryParse(changed, out _), $"byte {position}");
            }

            ran++;
        }

        Assert.Equal(5, ran);
    }

    [Fact]
    public void The_number_of_leaves_has_its_limits()
    {
        var header = new byte[32];
        StripePlan largest = new(StripePlan.MaxLeaves, ParityLevel.Full);
        StripeMapLayout.WriteHeader(largest, header);
        Assert.True(StripeMapLayout.TryReadHeader(header, out var plan));
        Assert.Equal(new StripePlan(1 << 27, ParityLevel.Full), plan);
        header[15]++;
        Assert.False(StripeMapLayout.TryReadHeader(header, out _));
        header.AsSpan(8, 8).Clear();
        Assert.False(StripeMapLayout.TryReadHeader(header, out _));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => StripeMapLayout.WriteHeader(new StripePlan(0, ParityLevel.Full), new byte[32]));
        Assert.Equal(32 + (32L * ((48 * ((1L << 27) / 16)) + 262144 + 512 + 1)), StripeMapLayout.Length(largest));
    }
}
