using System.Buffers;
using System.Text.Json;
using Veil.Storage.Segments;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>The vectors of spec/vectors/store.json: frames on the stream and records on disk.</summary>
public sealed class StoreVectorTests
{
    private const byte Fill = 0xAB;

    [Fact]
    public void Frames_are_those_of_the_vectors()
    {
        var frames = Vectors().GetProperty("frames");
        var block = FilledBlock();
        var reference = BlockRef.Of(block);
        var lease = new PaidLease(new LeaseDay(20_786), new Stamp(0x0123456789abcdef));
        var price = new StampPrice(1024);

        Assert.Equal(Text(frames, "put"), HexWithoutBlock(
            output => StoreFrameWriter.WritePut(output, 1, reference, lease, block)));
        Assert.Equal(Text(frames, "get"), HexWithoutBlock(
            output => StoreFrameWriter.WriteGet(output, 2, reference)));
        Assert.Equal(Text(frames, "stored"), HexWithoutBlock(
            output => StoreFrameWriter.WriteStored(output, 1, price)));
        Assert.Equal(Text(frames, "block"), HexWithoutBlock(
            output => StoreFrameWriter.WriteBlock(output, 2, block)));
        Assert.Equal(Text(frames, "not_found"), HexWithoutBlock(output => StoreFrameWriter.WriteNotFound(output, 3)));
        Assert.Equal(Text(frames, "refused_full"), HexWithoutBlock(
            output => StoreFrameWriter.WriteRefused(output, 4, StoreRefusal.Full, price)));
        Assert.Equal(Text(frames, "refused_unpaid"), HexWithoutBlock(
            output => StoreFrameWriter.WriteRefused(output, 5, StoreRefusal.Unpaid, price)));
        Assert.Equal(Text(Vectors(), "block_reference"), reference.Value.ToString());
    }

    [Fact]
    public void Records_are_those_of_the_vectors()
    {
        var records = Vectors().GetProperty("records");
        var reference = BlockRef.Of(FilledBlock()).Value;

        Assert.Equal(Text(records, "segment_start"), Hex(new(RecordKind.SegmentStart, 1, 0, default)));
        Assert.Equal(Text(records, "block"), Hex(new(RecordKind.Block, 1_800_000_000, 5, reference)));
        Assert.Equal(Text(records, "lease_log_start"), Hex(new(RecordKind.LeaseLogStart, 2, 0, default)));
        Assert.Equal(Text(records, "lease"), Hex(new(RecordKind.Lease, 1_900_000_000, 0, reference)));
    }

    private static string Hex(SegmentRecord record)
    {
        var bytes = new byte[SegmentLayout.RecordBytes];
        record.Write(bytes);
        Assert.True(SegmentRecord.TryRead(bytes, record.Kind, out var read));
        Assert.Equal(record, read);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>The frame up to the 32,768 filled bytes that a PUT and a BLOCK end with.</summary>
    private static string HexWithoutBlock(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        var frame = output.WrittenSpan;
        if (frame.Length > StoreLayout.BlockBytes)
        {
            Assert.False(frame[^StoreLayout.BlockBytes..].ContainsAnyExcept(Fill));
            frame = frame[..^StoreLayout.BlockBytes];
        }

        return Convert.ToHexStringLower(frame);
    }

    private static byte[] FilledBlock()
    {
        var block = new byte[StoreLayout.BlockBytes];
        block.AsSpan().Fill(Fill);
        return block;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static JsonElement Vectors()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Veil.sln")))
        {
            folder = folder.Parent;
        }

        using var document = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(folder.FullName, "spec", "vectors", "store.json")));
        return document.RootElement.Clone();
    }
}
