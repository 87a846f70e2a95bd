using CsCheck;
using Veil.Content.Eris;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

public sealed class ErisEncoderTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(value => (byte)value)];

    [Fact]
    public void Any_content_in_any_pieces_decodes_to_itself_and_encodes_the_same_in_one_piece()
    {
        Gen.Select(Gen.Byte.Array[0, 40_000], Gen.Int[1, 5_000]).Sample((content, piece) =>
        {
            Dictionary<BlockRef, byte[]> blocks = [];
            using var encoder = new ErisEncoder(ErisLayout.SmallBlockBytes, Secret,
                block => blocks[block.Reference] = block.Ciphertext.ToArray());
            foreach (var part in content.Chunk(piece)) encoder.Append(part);
            var capability = encoder.Finish();

            using var whole = new ErisEncoder(ErisLayout.SmallBlockBytes, Secret, _ => { });
            whole.Append(content);
            Assert.Equal(whole.Finish(), capability);
            Assert.Equal(ErisFault.None, Decode(capability, blocks, new(14, 1000, 40_000), out var decoded));
            Assert.Equal(content, decoded.ToArray());
        }, iter: 60);
    }

    [Fact]
    public void Blocks_come_in_order_and_a_node_follows_the_last_of_its_children()
    {
        List<(int Level, long Index)> order = [];
        using var encoder = new ErisEncoder(ErisLayout.SmallBlockBytes, Secret,
            block => order.Add((block.Level, block.Index)));
        encoder.Append(new byte[17 * 1024]);
        Assert.Equal(2, encoder.Finish().Level);
        List<(int, long)> expected = [.. Enumerable.Range(0, 16).Select(leaf => (0, (long)leaf))];
        expected.AddRange([(1, 0), (0, 16), (0, 17), (1, 1), (2, 0)]);
        Assert.Equal(expected, order);
    }

    [Theory]
    [InlineData(0, 1, 0, 0)]
    [InlineData(32767, 1, 0, 0)]
    [InlineData(32768, 2, 1, 1)]
    [InlineData(511L * 32768, 512, 1, 1)]
    [InlineData(512L * 32768, 513, 2, 3)]
    [InlineData(ErisLayout.MaxContentBytes, 1 << 27, 3, 262144 + 512 + 1)]
    public void Layout_knows_the_tree_of_every_length(long length, long leaves, int level, long inner)
    {
        Assert.Equal(leaves, ErisLayout.LeafCount(length));
        Assert.Equal(level, ErisLayout.RootLevel(leaves));
        Assert.Equal(inner, ErisLayout.InnerCount(leaves));
    }

    [Fact]
    public void Limits_stop_a_tree_that_names_one_child_again_and_again()
    {
        Dictionary<BlockRef, byte[]> blocks = [];
        using var encoder = new ErisEncoder(ErisLayout.SmallBlockBytes, new byte[32],
            block => blocks[block.Reference] = block.Ciphertext.ToArray());
        for (var kib = 0; kib < 255; kib++) encoder.Append(new byte[1024]);
        var capability = encoder.Finish();
        Assert.True(blocks.Count < 10);
        Assert.Equal(ErisFault.None, Decode(capability, blocks, new(2, 273, 255 * 1024), out _));
        Assert.Equal(ErisFault.LevelLimit, Decode(capability, blocks, new(1, 273, 255 * 1024), out _));
        Assert.Equal(ErisFault.BlockLimit, Decode(capability, blocks, new(2, 272, 255 * 1024), out _));
        Assert.Equal(ErisFault.ContentLimit, Decode(capability, blocks, new(2, 273, (255 * 1024) - 1), out _));
    }

    [Fact]
    public void A_finished_encoder_refuses_more()
    {
        using var encoder = new ErisEncoder(ErisLayout.BlockBytes, Secret, _ => { });
        encoder.Finish();
        Assert.Throws<InvalidOperationException>(() => encoder.Append([1]));
        Assert.Throws<InvalidOperationException>(() => encoder.Finish());
    }

    private static ErisFault Decode(
        ReadCapability capability,
        Dictionary<BlockRef, byte[]> blocks,
        ErisLimits limits,
        out ReadOnlyMemory<byte> content)
    {
        return ErisDecoder.Decode(
            capability,
            limits,
            (BlockRef reference, out ReadOnlyMemory<byte> block) =>
            {
                var found = blocks.TryGetValue(reference, out var bytes);
                block = bytes;
                return found;
            },
            out content);
    }
}
