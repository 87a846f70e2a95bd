using System.Buffers;
using CsCheck;
using Veil.Links.Record;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Links;

public sealed class RecordTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(index => (byte)index)];

    [Fact]
    public void Records_come_back_however_the_bytes_are_cut() =>
        Gen.Select(Gen.Int[1, 8].Array[1, 5], Gen.Int[1, 5_000].Array[1, 20]).Sample((counts, cuts) =>
        {
            using var slab = new KeySlab();
            using var sending = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
            using var receiving = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
            var wire = new ArrayBufferWriter<byte>();
            var writer = new RecordWriter(sending);
            foreach (int count in counts)
            {
                writer.Write(Cells(count), wire);
            }

            Assert.Equal(counts, ReadAll(new RecordReader(receiving), wire.WrittenSpan.ToArray(), cuts));
        }, iter: 200);

    [Fact]
    public void Keys_change_at_both_ends_at_once()
    {
        using var slab = new KeySlab();
        using var sending = new CounterCipher(Key, slab, 3);
        using var receiving = new CounterCipher(Key, slab, 3);
        var writer = new RecordWriter(sending);
        var reader = new RecordReader(receiving);
        for (int record = 0; record < 10; record++)
        {
            var wire = new ArrayBufferWriter<byte>();
            writer.Write(Cells(1), wire);
            Assert.Equal([1], ReadAll(reader, wire.WrittenSpan.ToArray(), [100_000]));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void A_count_out_of_range_is_refused_at_its_first_byte(byte count)
    {
        using var slab = new KeySlab();
        using var cipher = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
        var reader = new RecordReader(cipher);
        var buffer = new ReadOnlySequence<byte>([count]);
        Assert.Equal(RecordStatus.Refused, reader.TryRead(ref buffer, new byte[8 * CellLayout.CellBytes], out _));
        Assert.Equal(CloseReason.Malformed, reader.Refusal);
    }

    [Fact]
    public void Any_altered_byte_is_refused() => Gen.Int[0, RecordLayout.TotalBytes(2) - 1].Sample(at =>
    {
        using var slab = new KeySlab();
        using var sending = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
        using var receiving = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
        var wire = new ArrayBufferWriter<byte>();
        new RecordWriter(sending).Write(Cells(2), wire);
        var bytes = new byte[RecordLayout.MaxBytes];
        wire.WrittenSpan.CopyTo(bytes);

        // The count becomes 3, so that the record still ends somewhere.
        bytes[at] ^= 1;
        var reader = new RecordReader(receiving);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(RecordStatus.Refused, reader.TryRead(ref buffer, new byte[8 * CellLayout.CellBytes],
            out int count));
        Assert.Equal(CloseReason.AuthenticationFailed, reader.Refusal);
        Assert.Equal(0, count);
    }, iter: 500);

    [Fact]
    public void Garbage_never_throws() => Gen.Byte.Array[0, 20_000].Sample(bytes =>
    {
        using var slab = new KeySlab();
        using var cipher = new CounterCipher(Key, slab, RecordLayout.RecordsPerKey);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.NotEqual(
            RecordStatus.Opened,
            new RecordReader(cipher).TryRead(ref buffer, new byte[8 * CellLayout.CellBytes], out _));
    }, iter: 200);

    private static byte[] Cells(int count)
    {
        var cells = new byte[count * CellLayout.CellBytes];
        cells.AsSpan().Fill((byte)count);
        return cells;
    }

    // Feeds the bytes in pieces, as segments of a sequence, the way a pipe does.
    private static List<int> ReadAll(RecordReader reader, byte[] wire, int[] cuts)
    {
        var counts = new List<int>();
        var cells = new byte[8 * CellLayout.CellBytes];
        var left = ReadOnlySequence<byte>.Empty;
        int fed = 0;
        for (int cut = 0; fed < wire.Length; cut++)
        {
            int piece = Math.Min(cuts[cut % cuts.Length], wire.Length - fed);
            left = Append(left, wire.AsMemory(fed, piece));
            fed += piece;
            while (reader.TryRead(ref left, cells, out int count) is var status && status != RecordStatus.Incomplete)
            {
                Assert.Equal(RecordStatus.Opened, status);
                Assert.Equal(Cells(count), cells[..(count * CellLayout.CellBytes)]);
                counts.Add(count);
            }
        }

        Assert.True(left.IsEmpty);
        return counts;
    }

    private static ReadOnlySequence<byte> Append(ReadOnlySequence<byte> sequence, ReadOnlyMemory<byte> piece)
    {
        Segment? first = null, last = null;
        foreach (var part in sequence)
        {
            last = new Segment(part, last);
            first ??= last;
        }

        last = new Segment(piece, last);
        first ??= last;
        return new ReadOnlySequence<byte>(first, 0, last, piece.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            before?.Next = this;
        }
    }
}
