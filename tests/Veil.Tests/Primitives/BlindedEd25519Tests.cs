using System.Text.Json;
using CsCheck;
using Geralt;
using Veil.Noise;
using Xunit;

namespace Veil.Tests.Primitives;

/// <summary>Blinded Ed25519 keys against the vectors of Tor (spec/name.md, section 2).</summary>
public sealed class BlindedEd25519Tests
{
    private const int Vectors = 10;

    [Fact]
    public void Keys_and_signatures_are_those_of_the_vectors()
    {
        var vectors = Read().GetProperty("vectors").EnumerateArray().ToArray();
        Assert.Equal(Vectors, vectors.Length);
        Assert.All(vectors, vector =>
        {
            var secret = new byte[BlindedEd25519.SecretLength];
            var publicKey = new byte[BlindedEd25519.KeyLength];
            BlindedEd25519.Expand(vector.Hex("seed"), secret);
            BlindedEd25519.ComputePublicKey(secret, publicKey);
            Assert.Equal(vector.Hex("expanded_secret"), secret);
            Assert.Equal(vector.Hex("public"), publicKey);

            var parameter = vector.Hex("blinding_param");
            var blindedSecret = new byte[BlindedEd25519.SecretLength];
            var blindedPublic = new byte[BlindedEd25519.KeyLength];
            BlindedEd25519.BlindSecret(secret, parameter, blindedSecret);
            Assert.True(BlindedEd25519.TryBlindPublicKey(publicKey, parameter, blindedPublic));
            Assert.Equal(vector.Hex("blinded_secret"), blindedSecret);
            Assert.Equal(vector.Hex("blinded_public"), blindedPublic);
            BlindedEd25519.ComputePublicKey(blindedSecret, publicKey);
            Assert.Equal(blindedPublic, publicKey);

            var signature = new byte[BlindedEd25519.SignatureLength];
            BlindedEd25519.Sign(secret, vector.Hex("public"), vector.Hex("public"), signature);
            Assert.Equal(vector.Hex("self_signature"), signature);
        });
    }

    [Fact]
    public void Bytes_that_are_no_key_are_refused()
    {
        var blinded = new byte[BlindedEd25519.KeyLength];
        var refused = Read().GetProperty("reject_public")[0];
        Assert.False(BlindedEd25519.TryBlindPublicKey(refused.Hex("public"), refused.Hex("param"), blinded));
        Assert.All(blinded, value => Assert.Equal(0, value));

        var taken = Read().GetProperty("accept_public")[0];
        Assert.True(BlindedEd25519.TryBlindPublicKey(taken.Hex("public"), taken.Hex("param"), blinded));

        // The neutral point, and one of order 8: every multiple of them that counts is the same.
        byte[] neutral = [1, .. new byte[31]];
        var smallOrder = Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
        Assert.False(BlindedEd25519.TryBlindPublicKey(neutral, taken.Hex("param"), blinded));
        Assert.False(BlindedEd25519.TryBlindPublicKey(smallOrder, taken.Hex("param"), blinded));
    }

    [Fact]
    public void Any_blinded_key_signs_and_only_what_was_signed_verifies()
    {
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Byte.Array[0, 200]).Sample(
            (seed, parameter, message) =>
            {
                var secret = new byte[BlindedEd25519.SecretLength];
                var blinded = new byte[BlindedEd25519.SecretLength];
                var publicKey = new byte[BlindedEd25519.KeyLength];
                var signature = new byte[BlindedEd25519.SignatureLength];
                BlindedEd25519.Expand(seed, secret);
                BlindedEd25519.BlindSecret(secret, parameter, blinded);
                BlindedEd25519.ComputePublicKey(blinded, publicKey);
                BlindedEd25519.Sign(blinded, publicKey, message, signature);

                Assert.True(Ed25519.Verify(signature, message, publicKey));
                Assert.False(Ed25519.Verify(signature, [.. message, 0], publicKey));
            },
            iter: 100);
    }

    private static JsonElement Read()
    {
        var path = Path.Combine(VectorFolder.Require("ed25519-blinding"), "tor-ed25519-blinding.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
