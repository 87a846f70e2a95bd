using System.Text.Json;
using CsCheck;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Xunit;

namespace Veil.Tests.Content;

public sealed class ManifestTests
{
    [Fact]
    public void Every_valid_vector_gives_its_fields_and_encodes_to_itself_unless_it_has_additions()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("manifest").GetProperty("valid").EnumerateArray())
        {
            var bytes = vector.Hex("cbor");
            var why = vector.GetProperty("why").GetString()!;
            Assert.True(ManifestCodec.TryDecode(bytes, out var manifest), why);
            Assert.Equal(vector.GetProperty("name").GetString(), manifest.Name);
            Assert.Equal(vector.GetProperty("length").GetInt64(), manifest.Size.Length);
            Assert.Equal(vector.GetProperty("mime").GetString(), manifest.MimeType);
            Assert.Equal(vector.Hex("data"), Bytes(manifest.Capabilities.Data));
            Assert.Equal(vector.Hex("stripe_map"), Bytes(manifest.Capabilities.StripeMap));
            Assert.Equal(vector.Hex("digest"), manifest.EntityDigest.AsSpan().ToArray());
            var level = vector.TryGetProperty("level", out var parity) ? parity.GetInt32() : 0;
            Assert.Equal((ParityLevel)level, manifest.Level);
            var index = vector.TryGetProperty("index", out var said) ? said.GetInt32() : (int?)null;
            Assert.Equal(index, manifest.Size.IndexLength);
            var stated = manifest.Statements;
            Assert.Equal(Text(vector, "licence"), stated.Licence);
            Assert.Equal(Text(vector, "rights_holder"), stated.RightsHolder);
            Assert.Equal(
                Text(vector, "previous"),
                stated.Previous is { } previous ? Convert.ToHexStringLower(Bytes(previous.Capability)) : null);
            Assert.Equal(Text(vector, "signer"), manifest.Signature?.Signer.Key.ToString());
            if (manifest.Signature is { } signature)
            {
                // Signed by another implementation.
                using var key = NameKey.FromSeed(vector.Hex("seed"));
                Assert.True(signature.Holds(bytes));
                Assert.Equal(signature.Value.ToArray(), key.SignManifest(bytes));
            }

            var hasAddition = why.Contains("addition", StringComparison.Ordinal);
            Assert.Equal(!hasAddition, bytes.AsSpan().SequenceEqual(ManifestCodec.Encode(manifest)));
            var opens = why.Contains("opening", StringComparison.Ordinal);
            Assert.Equal(opens ? "OpeningStripe" : "", $"{manifest.Opening}");
            Assert.Equal("Manifest", $"{manifest}");
            ran++;
        }

        Assert.Equal(14, ran);
    }

    [Fact]
    public void Signatures_of_vectors_that_do_not_hold_are_told_from_none()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("manifest").GetProperty("wrong_signature").EnumerateArray())
        {
            var bytes = vector.Hex("cbor");
            Assert.True(ManifestCodec.TryDecode(bytes, out var manifest));
            Assert.False(manifest.Signature!.Holds(bytes), vector.GetProperty("why").GetString());
            ran++;
        }

        Assert.Equal(3, ran);
    }

    [Fact]
    public void Every_invalid_vector_is_refused()
    {
        var ran = 0;
        foreach (var vector in SpecVectors.Read("manifest").GetProperty("invalid").EnumerateArray())
        {
            var decoded = ManifestCodec.TryDecode(vector.Hex("cbor"), out var manifest);
            Assert.False(decoded, vector.GetProperty("why").GetString());
            Assert.Null(manifest);
            ran++;
        }

        Assert.Equal(62, ran);
    }

    [Fact]
    public void Damaged_manifests_are_refused_or_read_but_never_throw()
    {
        var bytes = SpecVectors.Read("manifest").GetProperty("valid")[0].Hex("cbor");
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, bytes.Length]).Sample((position, value, length) =>
        {
            var damaged = bytes.ToArray();
            damaged[position] = value;
            ManifestCodec.TryDecode(damaged, out _);
            if (length < bytes.Length) Assert.False(ManifestCodec.TryDecode(damaged.AsMemory(0, length), out _));
        });
    }

    [Theory]
    [InlineData("photo.jpg", "photo.jpg")]
    [InlineData("été – 夏.txt", "été – 夏.txt")]
    [InlineData(".bashrc", ".bashrc")]
    [InlineData("../../etc/passwd", ".._.._etc_passwd")]
    [InlineData("C:\\a.txt", "C__a.txt")]
    [InlineData("..", "file")]
    [InlineData("", "file")]
    [InlineData("   ", "file")]
    [InlineData(" a. . ", "a")]
    [InlineData("con", "_con")]
    [InlineData("Nul .txt", "_Nul .txt")]
    [InlineData("com1.tar.gz", "_com1.tar.gz")]
    [InlineData("LPT²", "_LPT²")]
    [InlineData("console", "console")]
    [InlineData("a\nb\u0085c\u007f", "a_b_c_")]
    [InlineData("a\u202egpj.exe", "a_gpj.exe")]
    public void Names_are_altered_by_rule(string name, string expected)
    {
        Assert.Equal(expected, FileName.Sanitize(name));
        Assert.Equal(name == expected, FileName.IsValid(name));
    }

    [Fact]
    public void Any_name_becomes_valid_and_stays_what_it_became()
    {
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["./\\ aCONnul1\u202e\ud83d\ude00é"], 0, 400]).Sample(name =>
        {
            var once = FileName.Sanitize(name);
            Assert.True(FileName.IsValid(once), once);
            Assert.Equal(once, FileName.Sanitize(once));
            Assert.Equal(once, Path.GetFileName(once));
        });
    }

    [Fact]
    public void An_unpaired_surrogate_is_replaced_and_cutting_never_lays_a_reserved_name_bare()
    {
        Assert.Equal("a\ufffdb", FileName.Sanitize("a\ud800b"));
        Assert.False(FileName.IsValid("a\ud800b"));
        Assert.True(FileName.IsValid(FileName.Sanitize("con" + new string(' ', 300) + "x.txt")));
    }

    [Fact]
    public void A_long_name_keeps_its_extension_and_whole_characters()
    {
        var name = FileName.Sanitize(string.Concat(Enumerable.Repeat("夏", 100)) + ".jpeg");
        Assert.Equal(new string('夏', 83) + ".jpeg", name);
        Assert.Equal(255, FileName.Sanitize(new string('a', 300)).Length);
    }

    [Theory]
    [InlineData("a.MP4", "video/mp4")]
    [InlineData("a.tar.gz", "application/gzip")]
    [InlineData("a", "application/octet-stream")]
    [InlineData("a.exe", "application/octet-stream")]
    public void Types_follow_the_extension(string name, string type)
    {
        Assert.Equal(type, MimeTypes.OfName(name));
        Assert.True(MimeTypes.IsValid(type));
    }

    private static string? Text(JsonElement vector, string name) =>
        vector.TryGetProperty(name, out var said) ? said.GetString() : null;

    private static byte[] Bytes(ReadCapability capability)
    {
        var bytes = new byte[ReadCapability.Bytes];
        capability.Write(bytes);
        return bytes;
    }
}
