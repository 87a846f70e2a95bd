using CsCheck;
using Veil.Content.Stripes;
using Xunit;

namespace Veil.Tests.Content;

public sealed class ReedSolomonTests
{
    [Fact]
    public void Every_vector_gives_its_parity()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("stripe").GetProperty("codes").EnumerateArray())
        {
            var data = vector.HexArray("data");
            var parity = Parity(data);
            Assert.Equal(vector.HexArray("parity"), parity);
            ran++;
        }

        Assert.Equal(5, ran);
    }

    [Fact]
    public void Every_path_of_this_machine_multiplies_as_the_field_does()
    {
        var source = new byte[256 + 3];
        for (var index = 0; index < source.Length; index++) source[index] = (byte)(index & 0xFF);
        var ran = 0;
        foreach (var path in Enum.GetValues<GaloisPath>().Where(GaloisKernel.IsSupported))
        {
            for (var coefficient = 0; coefficient < 256; coefficient++)
            {
                var sum = new byte[source.Length];
                sum.AsSpan().Fill(0x5A);
                GaloisKernel.MultiplyAdd(path, (byte)coefficient, source, sum);
                for (var index = 0; index < sum.Length; index++)
                {
                    Assert.Equal(0x5A ^ Slow(coefficient, source[index]), sum[index]);
                }
            }

            ran++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{ran} paths, best {GaloisKernel.Best}");
        Assert.True(ran >= 1);
    }

    [Fact]
    public void Every_path_combines_any_shares_of_any_length_alike()
    {
        var paths = Enum.GetValues<GaloisPath>().Where(GaloisKernel.IsSupported).ToArray();
        Gen.Select(Gen.Int[1, 16], Gen.Int[1, 5000], Gen.Byte.Array[16], Gen.Int[0, 250]).Sample(
            (count, length, coefficients, salt) =>
            {
                var sources = Enumerable.Range(0, count).Select(share => Pattern(share + salt, length)).ToArray();
                var expected = new byte[length];
                foreach (var path in paths)
                {
                    var output = new byte[length];
                    ReedSolomon.Combine(path, coefficients.AsSpan(0, count), ReadOnly(sources), [output]);
                    if (path == GaloisPath.Portable) expected = output;
                    Assert.Equal(expected, output);
                }
            },
            iter: 40);
    }

    [Fact]
    public void Any_k_shares_give_all_others_back()
    {
        Gen.Select(Gen.Int[1, 16], Gen.ULong).Sample(
            (count, order) =>
            {
                var data = Enumerable.Range(0, count).Select(share => Pattern(share, 96)).ToArray();
                byte[][] shares = [.. data, .. Parity(data)];
                var shuffled = Enumerable.Range(0, shares.Length)
                    .OrderBy(share => unchecked((order ^ ((ulong)share * 0x9E3779B97F4A7C15)) * 0xD1342543DE82EF95))
                    .ToArray();
                var kept = shuffled[..count];
                var lost = shuffled[count..];
                var outputs = lost.Select(_ => new byte[96]).ToArray();
                ReedSolomon.Reconstruct(
                    kept,
                    ReadOnly([.. kept.Select(share => shares[share])]),
                    lost,
                    [.. outputs.Select(output => output.AsMemory())]);
                for (var index = 0; index < lost.Length; index++) Assert.Equal(shares[lost[index]], outputs[index]);
            },
            iter: 200);
    }

    [Fact]
    public void Parity_alone_gives_the_data_back()
    {
        var data = Enumerable.Range(0, 16).Select(share => Pattern(share, 4100)).ToArray();
        var parity = Parity(data);
        var outputs = data.Select(share => new byte[share.Length]).ToArray();
        ReedSolomon.Reconstruct(
            [.. Enumerable.Range(32, 16)],
            ReadOnly(parity[16..]),
            [.. Enumerable.Range(0, 16)],
            [.. outputs.Select(output => output.AsMemory())]);
        Assert.Equal(data, outputs);
    }

    [Fact]
    public void Misuse_throws()
    {
        ReadOnlyMemory<byte>[] two = [new byte[8], new byte[8]];
        Memory<byte>[] one = [new byte[8]];
        Assert.Throws<ArgumentException>(() => ReedSolomon.Reconstruct([1, 1], two, [0], one));
        Assert.Throws<ArgumentException>(() => ReedSolomon.Reconstruct([0], two, [1], one));
        Assert.Throws<ArgumentException>(() => ReedSolomon.Reconstruct([0, 34], two, [1], one));
        Assert.Throws<ArgumentException>(() => ReedSolomon.Reconstruct([0, -1], two, [1], one));
        Assert.Throws<ArgumentException>(() => ReedSolomon.Encode(two, [new byte[7]]));
        Assert.Throws<ArgumentException>(() => ReedSolomon.Encode(new ReadOnlyMemory<byte>[17], one));
    }

    [Fact]
    public void Shapes_follow_the_ladder()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("stripe").GetProperty("shapes").EnumerateArray())
        {
            var shape = StripeShape.For(vector.GetProperty("data").GetInt32(), ParityLevel.Full);
            Assert.Equal(vector.GetProperty("parity").GetInt32(), shape.ParityShares);
            Assert.Equal(vector.GetProperty("needed").GetInt32(), shape.NeededShares);
            ran++;
        }

        Assert.Equal(16, ran);
        foreach (var vector in SpecVectors.Read("stripe").GetProperty("levels").EnumerateArray())
        {
            var level = (ParityLevel)vector.GetProperty("level").GetInt32();
            var shape = StripeShape.For(vector.GetProperty("data").GetInt32(), level);
            Assert.Equal(vector.GetProperty("parity").GetInt32(), shape.ParityShares);
            Assert.Equal(vector.GetProperty("needed").GetInt32(), shape.NeededShares);
            ran++;
        }

        Assert.Equal(16 + 32, ran);
        StripePlan plan = new(17, ParityLevel.Full);
        Assert.Equal(new StripeShape(1, 9), plan.ShapeOf(1));
        Assert.Equal(new StripeShape(16, 32), plan.ShapeOf(0));
        Assert.Equal(58, plan.TotalShares);
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.ShapeOf(2));
    }

    private static byte[][] Parity(byte[][] data)
    {
        var parity = Enumerable.Range(0, StripeShape.For(data.Length, ParityLevel.Full).ParityShares)
            .Select(_ => new byte[data[0].Length])
            .ToArray();
        ReedSolomon.Encode(ReadOnly(data), [.. parity.Select(share => share.AsMemory())]);
        return parity;
    }

    private static ReadOnlyMemory<byte>[] ReadOnly(byte[][] shares) =>
        [.. shares.Select(share => new ReadOnlyMemory<byte>(share))];

    private static byte[] Pattern(int salt, int length) =>
        [.. Enumerable.Range(0, length).Select(index => unchecked((byte)((index * 31) + (salt * 101) + (index >> 5))))];

    // The schoolbook product, bit by bit: independent of the tables.
    private static int Slow(int left, int right)
    {
        var product = 0;
        for (; right > 0; right >>= 1)
        {
            if ((right & 1) != 0) product ^= left;
            left <<= 1;
            if (left > 0xFF) left ^= 0x11D;
        }

        return product;
    }
}
