using System.Text;
using System.Text.Json;
using Veil.Noise.Ciphers;
using Xunit;

namespace Veil.Tests.Primitives;

public sealed class AeadTests
{
    private delegate void Sealer(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> x, Span<byte> to);

    private delegate bool Opener(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ad, ReadOnlySpan<byte> x, Span<byte> to);

    // Left out by rule: nonces other than 12 bytes, which the ciphers' nonce encodings cannot give.
    [Fact]
    public void Wycheproof_chacha20_poly1305() => RunWycheproof(
        "chacha20_poly1305_test.json",
        (325, 256, 60, 9),
        ChaChaPolyCipher.SealWithNonce,
        ChaChaPolyCipher.TryOpenWithNonce);

    [Fact]
    public void Wycheproof_aes_gcm() => RunWycheproof(
        "aes_gcm_test.json", (316, 116, 81, 119), AesGcmCipher.SealWithNonce, AesGcmCipher.TryOpenWithNonce);

    [Theory]
    [InlineData("chacha20poly1305-openssl.txt", "Key", "IV", "AAD", "Plaintext", "Ciphertext")]
    [InlineData("chacha20poly1305-boringssl.txt", "KEY", "NONCE", "AD", "IN", "CT")]
    public void Rfc_style_files_of_chacha20_poly1305(
        string file, string key, string nonce, string ad, string plaintext, string ciphertext)
    {
        int valid = 0;
        int refused = 0;
        foreach (IReadOnlyDictionary<string, string> block in NistFile.Load(file, "COUNT"))
        {
            byte[] text = Bytes(block[plaintext]);
            byte[] whole = [.. Bytes(block[ciphertext]), .. Bytes(block["TAG"])];
            byte[] opened = new byte[whole.Length - 16];
            bool good = !block.ContainsKey("Result") && !block.ContainsKey("FAILS");
            Assert.Equal(good, ChaChaPolyCipher.TryOpenWithNonce(
                Bytes(block[key]), Bytes(block[nonce]), Bytes(block[ad]), whole, opened));
            if (!good)
            {
                refused++;
                continue;
            }

            Assert.Equal(text, opened);
            byte[] sealedText = new byte[whole.Length];
            ChaChaPolyCipher.SealWithNonce(Bytes(block[key]), Bytes(block[nonce]), Bytes(block[ad]), text, sealedText);
            Assert.Equal(whole, sealedText);
            valid++;
        }

        Assert.Equal(file.Contains("openssl", StringComparison.Ordinal) ? (4, 1) : (66, 0), (valid, refused));
    }

    // draft-irtf-cfrg-aegis-aead, appendix "AEGIS-256 Test Vectors", vector 1.
    [Fact]
    public void Aegis256_gives_the_drafts_first_vector()
    {
        byte[] key = new byte[32];
        key[0] = 0x10;
        key[1] = 0x01;
        byte[] nonce = new byte[32];
        nonce[0] = 0x10;
        nonce[2] = 0x02;
        byte[] expected = Convert.FromHexString(
            "754fc3d8c973246dcc6d741412a4b236"
            + "1181a1d18091082bf0266f66297d167d2e68b845f61a3b0527d31fc7b7b89f13");
        byte[] sealedText = new byte[48];
        Aegis256Cipher.SealWithNonce(key, nonce, default, new byte[16], sealedText);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(sealedText));
        byte[] opened = new byte[16];
        Assert.True(Aegis256Cipher.TryOpenWithNonce(key, nonce, default, sealedText, opened));
        Assert.Equal(new byte[16], opened);
    }

    // BoringSSL's file writes some strings in quotes.
    private static byte[] Bytes(string value) =>
        value.StartsWith('"') ? Encoding.ASCII.GetBytes(value.Trim('"')) : Convert.FromHexString(value);

    private static void RunWycheproof(
        string file, (int All, int Valid, int Refused, int OtherNonce) counts, Sealer seal, Opener open)
    {
        int valid = 0;
        int refused = 0;
        int otherNonce = 0;
        foreach ((_, JsonElement one) in WycheproofFile.Load(file, counts.All))
        {
            byte[] nonce = one.Hex("iv");
            if (nonce.Length != 12)
            {
                otherNonce++;
                continue;
            }

            byte[] text = one.Hex("msg");
            byte[] whole = [.. one.Hex("ct"), .. one.Hex("tag")];
            byte[] opened = new byte[text.Length];
            bool good = one.IsValid();
            Assert.True(good == open(one.Hex("key"), nonce, one.Hex("aad"), whole, opened), one.Id());
            if (!good)
            {
                refused++;
                continue;
            }

            Assert.Equal(text, opened);
            byte[] sealedText = new byte[whole.Length];
            seal(one.Hex("key"), nonce, one.Hex("aad"), text, sealedText);
            Assert.Equal(whole, sealedText);
            valid++;
        }

        Assert.Equal(counts, (valid + refused + otherNonce, valid, refused, otherNonce));
    }
}
