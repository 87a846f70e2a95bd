using System.IO.Compression;
using System.Text.Json;
using NSec.Cryptography;
using Xunit;

namespace Veil.Tests.Primitives;

public sealed class Ed25519Tests
{
    [Fact]
    public void Wycheproof_signatures_are_judged_as_published()
    {
        int valid = 0;
        int refused = 0;
        foreach ((JsonElement group, JsonElement one) in WycheproofFile.Load("ed25519_test.json", 151))
        {
            byte[] raw = group.GetProperty("publicKey").Hex("pk");
            bool imported = PublicKey.TryImport(
                SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPublicKey, out PublicKey? key);
            bool good = imported && SignatureAlgorithm.Ed25519.Verify(key!, one.Hex("msg"), one.Hex("sig"));
            Assert.True(one.IsValid() == good, one.Id());
            valid += good ? 1 : 0;
            refused += good ? 0 : 1;
        }

        Assert.Equal((88, 63), (valid, refused));
    }

    [Fact]
    public void Sign_input_signatures_are_exact()
    {
        string path = Path.Combine(VectorFolder.Require("rfc"), "ed25519-sign-input.txt.gz");
        using FileStream file = File.OpenRead(path);
        using StreamReader lines = new(new GZipStream(file, CompressionMode.Decompress));
        int ran = 0;
        while (lines.ReadLine() is { } line)
        {
            string[] fields = line.Split(':');
            byte[] message = Convert.FromHexString(fields[2]);
            byte[] signature = Convert.FromHexString(fields[3])[..64];
            ReadOnlySpan<byte> seed = Convert.FromHexString(fields[0]).AsSpan(0, 32);
            using Key key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
            Assert.Equal(Convert.FromHexString(fields[1]), key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
            Assert.Equal(signature, SignatureAlgorithm.Ed25519.Sign(key, message));
            Assert.True(SignatureAlgorithm.Ed25519.Verify(key.PublicKey, message, signature));
            signature[ran % 64] ^= 1;
            Assert.False(SignatureAlgorithm.Ed25519.Verify(key.PublicKey, message, signature));
            ran++;
        }

        Assert.Equal(1024, ran);
    }
}
