using System.Text.Json;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>The official vectors of ERIS 1.0.0 (spec/block.md): every file of the folder.</summary>
public sealed class ErisVectorTests
{
    private static readonly ErisLimits Limits = new(MaxLevel: 14, MaxBlocks: 1 << 14, MaxContentBytes: 1 << 24);

    [Fact]
    public async Task Every_positive_vector_encodes_to_its_urn_and_blocks_and_decodes_back()
    {
        var ran = 0;
        foreach (var vector in Vectors("positive"))
        {
            var content = Bytes(vector.GetProperty("content").GetString()!);
            var expected = Blocks(vector);
            Dictionary<BlockRef, byte[]> encoded = [];
            var capability = await ErisEncoder.EncodeAsync(
                new MemoryStream(content),
                vector.GetProperty("block-size").GetInt32(),
                Bytes(vector.GetProperty("convergence-secret").GetString()!),
                block => encoded[block.Reference] = block.Ciphertext.ToArray(),
                TestContext.Current.CancellationToken);

            Assert.Equal(vector.GetProperty("urn").GetString(), capability.FormatUrn());
            AssertCapability(vector, capability);
            Assert.Equal(expected.Count, encoded.Count);
            foreach (var (reference, block) in expected) Assert.Equal(block, encoded[reference]);

            Assert.True(ReadCapability.TryParseUrn(vector.GetProperty("urn").GetString(), out var parsed));
            Assert.Equal(capability, parsed);
            Assert.Equal(ErisFault.None, Decode(parsed!, expected, out var decoded));
            Assert.Equal(content, decoded.ToArray());
            ran++;
        }

        Assert.InRange(ran, 13, int.MaxValue);
    }

    [Fact]
    public void Every_negative_vector_is_refused_with_its_own_fault_and_no_content()
    {
        Dictionary<int, ErisFault> faults = [];
        foreach (var vector in Vectors("negative"))
        {
            Assert.True(ReadCapability.TryParseUrn(vector.GetProperty("urn").GetString(), out var capability));
            AssertCapability(vector, capability!);
            var fault = Decode(capability!, Blocks(vector), out var content);
            Assert.NotEqual(ErisFault.None, fault);
            Assert.True(content.IsEmpty);
            faults.Add(vector.GetProperty("id").GetInt32(), fault);
        }

        Assert.InRange(faults.Count, 12, int.MaxValue);
        Assert.Equal(ErisFault.MissingBlock, faults[13]);
        Assert.Equal(ErisFault.WrongReference, faults[14]);
        Assert.Equal(ErisFault.MissingBlock, faults[15]);
        Assert.Equal(ErisFault.WrongReference, faults[16]);
        Assert.Equal(ErisFault.WrongKey, faults[17]);
        Assert.Equal(ErisFault.WrongKey, faults[18]);
        Assert.Equal(ErisFault.BadPadding, faults[19]);
        Assert.Equal(ErisFault.WrongSize, faults[20]);
        Assert.Equal(ErisFault.WrongSize, faults[21]);
        Assert.Equal(ErisFault.BadPadding, faults[22]);
        Assert.Equal(ErisFault.BadPadding, faults[23]);
        Assert.Equal(ErisFault.MalformedNode, faults[24]);
    }

    private static ErisFault Decode(
        ReadCapability capability,
        Dictionary<BlockRef, byte[]> blocks,
        out ReadOnlyMemory<byte> content)
    {
        return ErisDecoder.Decode(
            capability,
            Limits,
            (BlockRef reference, out ReadOnlyMemory<byte> block) =>
            {
                var found = blocks.TryGetValue(reference, out var bytes);
                block = bytes;
                return found;
            },
            out content);
    }

    private static void AssertCapability(JsonElement vector, ReadCapability capability)
    {
        var expected = vector.GetProperty("read-capability");
        Assert.Equal(expected.GetProperty("block-size").GetInt32(), capability.BlockBytes);
        Assert.Equal(expected.GetProperty("level").GetInt32(), capability.Level);
        Assert.Equal(Bytes(expected.GetProperty("root-reference").GetString()!),
            capability.RootReference.Value.AsSpan().ToArray());
        Assert.Equal(Bytes(expected.GetProperty("root-key").GetString()!), capability.RootKey.AsSpan().ToArray());
    }

    private static IEnumerable<JsonElement> Vectors(string type)
    {
        foreach (var file in System.IO.Directory.EnumerateFiles(VectorFolder.Require("eris"), "*.json").Order())
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            Assert.Equal("1.0.0", document.RootElement.GetProperty("spec-version").GetString());
            if (document.RootElement.GetProperty("type").GetString() == type) yield return document.RootElement.Clone();
        }
    }

    private static Dictionary<BlockRef, byte[]> Blocks(JsonElement vector)
    {
        // A block that a tree repeats is listed each time.
        Dictionary<BlockRef, byte[]> blocks = [];
        foreach (var entry in vector.GetProperty("blocks").EnumerateObject())
        {
            var block = Bytes(entry.Value.GetString()!);
            var reference = new BlockRef(new Bytes32(Bytes(entry.Name)));
            if (!blocks.TryAdd(reference, block)) Assert.Equal(blocks[reference], block);
        }

        return blocks;
    }

    private static byte[] Bytes(string text)
    {
        var bytes = new byte[text.Length * 5 / 8];
        Assert.True(Base32.TryDecode(text, Base32Case.Upper, bytes));
        return bytes;
    }
}
