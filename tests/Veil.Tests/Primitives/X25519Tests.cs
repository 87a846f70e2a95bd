using System.Text.Json;
using Veil.Noise;
using Xunit;

namespace Veil.Tests.Primitives;

public sealed class X25519Tests
{
    [Fact]
    public void Wycheproof_results_are_exact_and_zero_is_refused()
    {
        byte[] shared = new byte[32];
        int computed = 0;
        int refused = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load("x25519_test.json", 518))
        {
            byte[] expected = one.Hex("shared");
            byte[] publicKey = one.Hex("public");
            bool isZero = !expected.AsSpan().ContainsAnyExcept((byte)0);
            Assert.Equal(!isZero, X25519.TryDiffieHellman(one.Hex("private"), publicKey, shared));
            Assert.Equal(expected, shared);
            Assert.Equal(!isZero, StaticKeyPair.IsUsablePublicKey(publicKey));
            Assert.False(isZero && one.IsValid(), one.Id());
            computed += isZero ? 0 : 1;
            refused += isZero ? 1 : 0;
        }

        Assert.Equal((487, 31), (computed, refused));
    }

    [Fact]
    public void Rfc7748_results_are_exact()
    {
        IReadOnlyList<IReadOnlyDictionary<string, string>> blocks = NistFile.Load("x25519-rfc7748.txt", "COUNT");
        Assert.Equal(3, blocks.Count);
        foreach (IReadOnlyDictionary<string, string> block in blocks)
        {
            byte[] shared = new byte[32];
            Assert.True(X25519.TryDiffieHellman(block.Hex("INPUT_SCALAR"), block.Hex("INPUT_U"), shared));
            Assert.Equal(block.Hex("OUTPUT_U"), shared);
        }
    }

    [Fact]
    public void A_thousand_iterations_of_rfc7748_give_the_published_value()
    {
        byte[] k = new byte[32];
        k[0] = 9;
        byte[] u = [.. k];
        for (int i = 0; i < 1000; i++)
        {
            byte[] next = new byte[32];
            Assert.True(X25519.TryDiffieHellman(k, u, next));
            (k, u) = (next, k);
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(k));
    }
}
