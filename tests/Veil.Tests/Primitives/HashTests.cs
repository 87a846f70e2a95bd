using System.Globalization;
using System.Text.Json;
using Veil.Noise;
using Veil.Noise.Hashes;
using Xunit;

namespace Veil.Tests.Primitives;

public sealed class HashTests
{
    // Left out by rule: keyed BLAKE2s (Noise uses HMAC), and the parallel and extendable variants.
    [Fact]
    public void Blake2_known_answers()
    {
        string path = Path.Combine(VectorFolder.Require("rfc"), "blake2-kat.json");
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(path));
        Dictionary<string, int> ran = [];
        foreach (JsonElement one in file.RootElement.EnumerateArray())
        {
            byte[] key = one.Hex("key");
            string kind = $"{one.GetProperty("hash").GetString()} {(key.Length == 0 ? "plain" : "keyed")}";
            byte[] input = one.Hex("in");
            int third = input.Length / 3;
            byte[] result = new byte[one.Hex("out").Length];
            switch (kind)
            {
                case "blake2b plain":
                    Blake2bHash.Hash(result, input.AsSpan(0, third), input.AsSpan(third), default);
                    break;
                case "blake2s plain":
                    Blake2sHash.Hash(result, input.AsSpan(0, third), input.AsSpan(third), default);
                    break;
                case "blake2b keyed":
                    Blake2bHash.KeyedHash(result, key, input);
                    break;
                default:
                    continue;
            }

            Assert.Equal(one.Hex("out"), result);
            ran[kind] = ran.GetValueOrDefault(kind) + 1;
        }

        Assert.Equal(3, ran.Count);
        Assert.All(ran, pair => Assert.Equal(256, pair.Value));
    }

    [Fact]
    public void Blake2_files_in_the_style_of_cavs() =>
        Assert.Equal((7, 7), (RunCavs<Blake2bHash>("blake2b-cavs.txt"), RunCavs<Blake2sHash>("blake2s-cavs.txt")));

    [Fact]
    public void Hmac_of_rfc4231() =>
        Assert.Equal(
            (6, 6),
            (RunHmac<Sha256Hash>("hmac-sha256-rfc4231.txt"), RunHmac<Sha512Hash>("hmac-sha512-rfc4231.txt")));

    [Fact]
    public void Hkdf_of_rfc5869()
    {
        IReadOnlyList<IReadOnlyDictionary<string, string>> blocks = NistFile.Load("hkdf-sha256-rfc5869.txt", "COUNT");
        Assert.Equal(3, blocks.Count);
        foreach (IReadOnlyDictionary<string, string> block in blocks)
        {
            int length = int.Parse(block["L"], CultureInfo.InvariantCulture);
            byte[] okm = Expand<Sha256Hash>(block.Hex("salt"), block.Hex("IKM"), block.Hex("info"), length);
            Assert.Equal(block.Hex("OKM"), okm);
        }
    }

    [Fact]
    public void Hkdf_of_wycheproof() =>
        Assert.Equal(
            (83, 80),
            (RunHkdf<Sha256Hash>("hkdf_sha256_test.json", 86), RunHkdf<Sha512Hash>("hkdf_sha512_test.json", 83)));

    [Fact]
    public void Noise_derives_two_outputs_as_hkdf_without_info_does()
    {
        byte[] salt = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        byte[] first = new byte[64];
        byte[] second = new byte[64];
        NoiseKdf<Blake2bHash>.Derive(salt, "input"u8, first, second);
        byte[] both = [.. first, .. second];
        Assert.Equal(Expand<Blake2bHash>(salt, [.. "input"u8], [], 128), both);
    }

    private static int RunCavs<THash>(string file)
        where THash : INoiseHash
    {
        int ran = 0;
        foreach (IReadOnlyDictionary<string, string> block in NistFile.Load(file, "Len"))
        {
            int length = int.Parse(block["Len"], CultureInfo.InvariantCulture) / 8;
            byte[] result = new byte[THash.HashLength];
            THash.Hash(result, block.Hex("Msg").AsSpan(0, length), default, default);
            Assert.Equal(block.Hex("MD"), result);
            ran++;
        }

        return ran;
    }

    private static int RunHmac<THash>(string file)
        where THash : INoiseHash
    {
        int ran = 0;
        foreach (IReadOnlyDictionary<string, string> block in NistFile.Load(file, "Len"))
        {
            byte[] result = new byte[THash.HashLength];
            byte[] message = block.Hex("Msg");
            NoiseKdf<THash>.Hmac(result, FoldKey<THash>(block.Hex("Key")), message.AsSpan(0, 3), message.AsSpan(3));
            Assert.Equal(block.Hex("MD"), result);
            ran++;
        }

        return ran;
    }

    private static int RunHkdf<THash>(string file, int all)
        where THash : INoiseHash
    {
        int ran = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load(file, all))
        {
            int size = one.GetProperty("size").GetInt32();
            if (!one.IsValid())
            {
                Assert.True(size > 255 * THash.HashLength, one.Id());
                continue;
            }

            Assert.Equal(one.Hex("okm"), Expand<THash>(one.Hex("salt"), one.Hex("ikm"), one.Hex("info"), size));
            ran++;
        }

        return ran;
    }

    // RFC 5869 over the product's HMAC.
    private static byte[] Expand<THash>(byte[] salt, byte[] input, byte[] info, int length)
        where THash : INoiseHash
    {
        byte[] prk = new byte[THash.HashLength];
        NoiseKdf<THash>.Hmac(prk, FoldKey<THash>(salt), input, default);
        List<byte> output = [];
        byte[] last = [];
        for (byte i = 1; output.Count < length; i++)
        {
            byte[] next = new byte[THash.HashLength];
            NoiseKdf<THash>.Hmac(next, prk, [.. last, .. info], [i]);
            output.AddRange(next);
            last = next;
            if (i == 255)
                break;
        }

        return [.. output.Take(length)];
    }

    // RFC 2104: keys longer than a block are hashed first; Noise has none, so the product leaves this to the test.
    private static byte[] FoldKey<THash>(byte[] key)
        where THash : INoiseHash
    {
        if (key.Length <= THash.BlockLength)
            return key;
        byte[] folded = new byte[THash.HashLength];
        THash.Hash(folded, key, default, default);
        return folded;
    }
}
