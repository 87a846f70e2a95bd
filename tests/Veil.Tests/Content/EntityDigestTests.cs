using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Org.BouncyCastle.Crypto.Digests;
using Veil.Content.Manifests;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>spec/manifest.md, section 4, against another implementation of BLAKE2b.</summary>
public sealed class EntityDigestTests
{
    private const int Piece = 32_768;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece - 1)]
    [InlineData(Piece)]
    [InlineData(Piece + 1)]
    [InlineData((4 * Piece) - 1)]
    [InlineData(4 * Piece)]
    [InlineData((4 * Piece) + 1)]
    [InlineData((9 * Piece) + 77)]
    public void It_is_what_the_spec_says(int length)
    {
        var content = ContentRig.Bytes(length);
        Assert.Equal(Expected(content), EntityDigest.Of(content).AsSpan().ToArray());
    }

    [Fact]
    public void It_does_not_matter_in_which_parts_content_comes()
    {
        var content = ContentRig.Bytes((11 * Piece) + 5);
        var expected = EntityDigest.Of(content);
        Gen.Int[0, 5 * Piece].List[0, 12].Sample(
            parts =>
            {
                using EntityDigest digest = new();
                var left = content.AsSpan();
                foreach (var part in parts)
                {
                    var taken = Math.Min(part, left.Length);
                    digest.Append(left[..taken]);
                    left = left[taken..];
                }

                digest.Append(left);
                return digest.Finish() == expected;
            },
            iter: 50);
    }

    [Fact]
    public void It_changes_with_each_byte_and_with_the_length()
    {
        var content = ContentRig.Bytes(5 * Piece);
        HashSet<string> digests =
            [$"{EntityDigest.Of(content)}", $"{EntityDigest.Of(content.AsSpan(0, content.Length - 1))}"];
        Assert.True(digests.Add($"{EntityDigest.Of([.. content, 0])}"));
        foreach (var at in (int[])[0, Piece - 1, Piece, (4 * Piece) - 1, 4 * Piece, content.Length - 1])
        {
            content[at]++;
            Assert.True(digests.Add($"{EntityDigest.Of(content)}"), $"byte {at}");
            content[at]--;
        }

        // Pieces in another order.
        Assert.True(digests.Add($"{EntityDigest.Of([.. content[Piece..], .. content[..Piece]])}"));
    }

    private static byte[] Expected(byte[] content)
    {
        var pieceKey = Hash(null, Encoding.ASCII.GetBytes("veil entity piece v1"));
        var length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, content.Length);
        return Hash(
            Hash(null, Encoding.ASCII.GetBytes("veil entity tag v2")),
            [.. content.Chunk(Piece).SelectMany(piece => Hash(pieceKey, piece)), .. length]);
    }

    private static byte[] Hash(byte[]? key, byte[] message)
    {
        var blake = new Blake2bDigest(key, 32, null, null);
        blake.BlockUpdate(message, 0, message.Length);
        var digest = new byte[32];
        blake.DoFinal(digest, 0);
        return digest;
    }
}
