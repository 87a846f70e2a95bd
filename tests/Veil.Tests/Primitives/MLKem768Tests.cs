using System.Text.Json;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Veil.Noise;
using Veil.Tests.Noise;
using Xunit;

namespace Veil.Tests.Primitives;

/// <summary>
/// ML-KEM-768. Wrong lengths have no representation in the product: the length of a whole handshake message is looked
/// at before its fields are cut; such cases are counted apart by that rule.
/// </summary>
public sealed class MLKem768Tests
{
    [Fact]
    public void Wycheproof_key_generation_from_seeds()
    {
        int ran = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load("mlkem_768_keygen_seed_test.json", 100))
        {
            (byte[] ek, byte[] dk) = KeyPair(one.Hex("seed"));
            Assert.True(one.IsValid(), one.Id());
            Assert.Equal(one.Hex("ek"), ek);
            Assert.Equal(one.Hex("dk"), dk);
            ran++;
        }

        Assert.Equal(100, ran);
    }

    [Fact]
    public void Wycheproof_decapsulation_from_seeds()
    {
        int valid = 0;
        int wrongLength = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load("mlkem_768_test.json", 193))
        {
            byte[] seed = one.Hex("seed");
            byte[] ciphertext = one.Hex("c");
            if (seed.Length != MLKem768.SeedLength || ciphertext.Length != MLKem768.CiphertextLength)
            {
                Assert.False(one.IsValid(), one.Id());
                wrongLength++;
                continue;
            }

            Assert.True(one.IsValid(), one.Id());
            (byte[] ek, byte[] dk) = KeyPair(seed);
            Assert.Equal(one.Hex("ek"), ek);
            byte[] secret = new byte[32];
            MLKem768.Decapsulate(dk, ciphertext, secret);
            Assert.Equal(one.Hex("K"), secret);
            valid++;
        }

        Assert.Equal((153, 40), (valid, wrongLength));
    }

    [Fact]
    public void Wycheproof_encapsulation_with_given_coins()
    {
        int valid = 0;
        int notReduced = 0;
        int wrongLength = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load("mlkem_768_encaps_test.json", 265))
        {
            byte[] ek = one.Hex("ek");
            byte[] coins = one.Hex("m");
            if (ek.Length != MLKem768.EncapsulationKeyLength || coins.Length != MLKem768.CoinsLength)
            {
                Assert.False(one.IsValid(), one.Id());
                wrongLength++;
                continue;
            }

            byte[] ciphertext = new byte[MLKem768.CiphertextLength];
            byte[] secret = new byte[32];
            Assert.Equal(one.IsValid(), MLKem768.IsReduced(ek));
            Assert.True(one.IsValid() == MLKem768.TryEncapsulate(ek, coins, ciphertext, secret), one.Id());
            if (!one.IsValid())
            {
                notReduced++;
                continue;
            }

            Assert.Equal(one.Hex("c"), ciphertext);
            Assert.Equal(one.Hex("K"), secret);
            valid++;
        }

        Assert.Equal((133, 112, 20), (valid, notReduced, wrongLength));
    }

    // Left out by rule: malformed decapsulation keys, since the product only uses ones that it made from a seed.
    [Fact]
    public void Wycheproof_decapsulation_with_expanded_keys()
    {
        int valid = 0;
        int leftOut = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load("mlkem_768_semi_expanded_decaps_test.json", 9))
        {
            if (!one.IsValid())
            {
                Assert.True(
                    one.HasFlag("IncorrectCiphertextLength")
                    || one.HasFlag("IncorrectDecapsulationKeyLength")
                    || one.HasFlag("InvalidDecapsulationKey"),
                    one.Id());
                leftOut++;
                continue;
            }

            byte[] secret = new byte[32];
            MLKem768.Decapsulate(one.Hex("dk"), one.Hex("c"), secret);
            Assert.Equal(one.Hex("K"), secret);
            valid++;
        }

        Assert.Equal((3, 6), (valid, leftOut));
    }

    [Fact]
    public void The_accumulated_test_gives_the_value_of_fips203_and_not_of_the_draft()
    {
        string path = Path.Combine(VectorFolder.Require("mlkem"), "mlkem768-accumulated.json");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(path));
        foreach (int rounds in new[] { 100, 10_000 })
        {
            string result = Accumulate(rounds);
            string name = $"{rounds}";
            JsonElement root = file.RootElement;
            Assert.Equal(root.GetProperty("final_fips203").GetProperty(name).GetString(), result);
            Assert.NotEqual(root.GetProperty("draft_ipd_do_not_expect").GetProperty(name).GetString(), result);
        }
    }

    [Fact]
    public void An_independent_implementation_agrees_in_both_directions()
    {
        CountingSecrets secrets = new(768);
        byte[] seed = new byte[MLKem768.SeedLength];
        byte[] coins = new byte[MLKem768.CoinsLength];
        for (int i = 0; i < 50; i++)
        {
            secrets.Fill(seed);
            secrets.Fill(coins);
            (byte[] ek, byte[] dk) = KeyPair(seed);
            MLKemPrivateKeyParameters otherKey = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, seed);
            Assert.Equal(otherKey.GetPublicKey().GetEncoded(), ek);
            Assert.Equal(otherKey.GetEncoded(), dk);

            byte[] ciphertext = new byte[MLKem768.CiphertextLength];
            byte[] secret = new byte[32];
            byte[] otherSecret = new byte[32];
            Assert.True(MLKem768.TryEncapsulate(ek, coins, ciphertext, secret));
            MLKemDecapsulator decapsulator = new(MLKemParameters.ml_kem_768);
            decapsulator.Init(otherKey);
            decapsulator.Decapsulate(ciphertext, otherSecret);
            Assert.Equal(secret, otherSecret);

            MLKemEncapsulator encapsulator = new(MLKemParameters.ml_kem_768);
            encapsulator.Init(otherKey.GetPublicKey());
            encapsulator.Encapsulate(ciphertext, otherSecret);
            MLKem768.Decapsulate(dk, ciphertext, secret);
            Assert.Equal(otherSecret, secret);

            // Implicit rejection is part of the standard too.
            ciphertext[i] ^= 1;
            MLKem768.Decapsulate(dk, ciphertext, secret);
            decapsulator.Decapsulate(ciphertext, otherSecret);
            Assert.Equal(otherSecret, secret);
        }
    }

    private static string Accumulate(int rounds)
    {
        ShakeDigest random = new(128);
        ShakeDigest accumulated = new(128);
        byte[] input = new byte[64 + 32 + MLKem768.CiphertextLength];
        byte[] ciphertext = new byte[MLKem768.CiphertextLength];
        byte[] secret = new byte[32];
        for (int i = 0; i < rounds; i++)
        {
            random.Output(input);
            (byte[] ek, byte[] dk) = KeyPair(input[..64]);
            Assert.True(MLKem768.TryEncapsulate(ek, input.AsSpan(64, 32), ciphertext, secret));
            accumulated.BlockUpdate(ek);
            accumulated.BlockUpdate(dk);
            accumulated.BlockUpdate(ciphertext);
            accumulated.BlockUpdate(secret);
            MLKem768.Decapsulate(dk, input.AsSpan(96), secret);
            accumulated.BlockUpdate(secret);
        }

        byte[] result = new byte[32];
        accumulated.OutputFinal(result);
        return Convert.ToHexStringLower(result);
    }

    private static (byte[] EncapsulationKey, byte[] DecapsulationKey) KeyPair(byte[] seed)
    {
        byte[] ek = new byte[MLKem768.EncapsulationKeyLength];
        byte[] dk = new byte[MLKem768.DecapsulationKeyLength];
        MLKem768.GenerateKeyPair(seed, ek, dk);
        return (ek, dk);
    }
}
