using CsCheck;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Wire.Cells;

public sealed class CellCodecTests
{
    private static readonly Gen<byte[]> Body = Gen.Byte.Array[CellLayout.BodyBytes];

    [Fact]
    public void Sizes_are_those_of_the_spec()
    {
        Assert.Equal(2040, CellLayout.BodyBytes);
        Assert.Equal(1870, CellLayout.MessageBytes);
        Assert.Equal(1864, CellLayout.MaxDataBytes);
        for (int position = 1; position <= CellLayout.MaxLayers; position++)
        {
            Assert.Equal(2040 - (34 * (position - 1)), CellLayout.CiphertextBytes(position));
            Assert.Equal(
                CellLayout.BodyBytes, CellLayout.CiphertextBytes(position) + CellLayout.ZeroTailBytes(position));
        }
    }

    [Fact]
    public void Headers_come_back_as_they_were_written() => Gen.Select(Gen.UInt, Gen.Byte[0, 7]).Sample((id, command) =>
    {
        var cell = new byte[CellLayout.CellBytes];
        cell.AsSpan().Fill(0xFF);
        CellHeader.Write(cell, new CircuitId(id), (CellCommand)command);
        Assert.True(CellHeader.TryRead(cell, out var readId, out var readCommand));
        Assert.Equal((id, command), (readId.Value, (byte)readCommand));
    });

    [Fact]
    public void A_header_with_another_command_or_a_nonzero_reserve_is_refused()
    {
        var cell = new byte[CellLayout.CellBytes];
        for (int command = 8; command < 256; command++)
        {
            cell[4] = (byte)command;
            Assert.False(CellHeader.TryRead(cell, out _, out _));
        }

        cell[4] = 0;
        for (int at = 5; at < CellLayout.HeaderBytes; at++)
        {
            cell[at] = 1;
            Assert.False(CellHeader.TryRead(cell, out _, out _));
            cell[at] = 0;
        }
    }

    [Fact]
    public void Create_and_created_come_back_as_they_were_written() =>
        Gen.Select(Gen.Int[1, 5], Gen.ULong, Gen.Byte.Array[0, 1280]).Sample((position, key, message) =>
        {
            var cell = new byte[CellLayout.CellBytes];
            CreateBody.WriteCreate(cell, new CircuitId(5), position, key, message);
            Assert.True(CreateBody.TryReadCreate(Of(cell), out int readPosition, out ulong readKey, out var read));
            Assert.Equal((position, key), (readPosition, readKey));
            Assert.Equal(message, read.ToArray());

            CreateBody.WriteCreated(cell, new CircuitId(5), message);
            Assert.True(CreateBody.TryReadCreated(Of(cell), out read));
            Assert.Equal(message, read.ToArray());
        });

    [Fact]
    public void What_create_reads_is_what_it_would_write() => Mutated(WholeCreate()).Sample(body =>
    {
        if (CreateBody.TryReadCreate(body, out int position, out ulong key, out var message))
        {
            var again = new byte[CellLayout.CellBytes];
            CreateBody.WriteCreate(again, default, position, key, message);
            Assert.Equal(again[CellLayout.HeaderBytes..], body);
        }

        if (CreateBody.TryReadCreated(body, out message))
        {
            var again = new byte[CellLayout.CellBytes];
            CreateBody.WriteCreated(again, default, message);
            Assert.Equal(again[CellLayout.HeaderBytes..], body);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(255)]
    public void A_create_for_no_position_is_refused(byte position)
    {
        var body = WholeCreate();
        body[0] = position;
        Assert.False(CreateBody.TryReadCreate(body, out _, out _, out _));
    }

    [Fact]
    public void What_credit_reads_is_what_it_would_write() => Mutated(WholeCredit()).Sample(body =>
    {
        if (CreditBody.TryReadCount(body, out int count))
        {
            var grants = Enumerable.Range(0, count).Select(index => CreditBody.Read(body, index)).ToArray();
            var again = new byte[CellLayout.CellBytes];
            CreditBody.Write(again, grants);
            Assert.Equal(again[CellLayout.HeaderBytes..], body);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(65535)]
    public void A_credit_of_no_or_too_many_grants_is_refused(int count)
    {
        var body = new byte[CellLayout.BodyBytes];
        body[0] = (byte)(count >> 8);
        body[1] = (byte)(count & 255);
        Assert.False(CreditBody.TryReadCount(body, out _));
    }

    [Fact]
    public void Messages_come_back_as_they_were_written() =>
        Gen.Select(Gen.Byte, Gen.UShort, Gen.Byte.Array[0, CellLayout.MaxDataBytes]).Sample((type, stream, data) =>
        {
            var room = new byte[CellLayout.MessageBytes + 100];
            room.AsSpan().Fill(0xFF);
            RelayMessage.Write(room, (MessageType)type, new StreamId(stream), data);
            Assert.True(RelayMessage.TryRead(room, out var message));
            Assert.Equal((type, stream), ((byte)message.Type, message.Stream.Value));
            Assert.Equal(data, message.Data.ToArray());
        });

    [Fact]
    public void What_a_message_reads_is_what_it_would_write() =>
        Mutated(WholeMessage()).Select(body => body[..CellLayout.MessageBytes]).Sample(room =>
        {
            if (RelayMessage.TryRead(room, out var message))
            {
                var again = new byte[room.Length];
                RelayMessage.Write(again, message.Type, message.Stream, message.Data);
                Assert.Equal(again, room);
            }
        });

    [Fact]
    public void Noise_never_throws() => Body.Sample(body =>
    {
        CreateBody.TryReadCreate(body, out _, out _, out _);
        CreateBody.TryReadCreated(body, out _);
        RelayMessage.TryRead(body, out _);
        if (CreditBody.TryReadCount(body, out int count))
        {
            CreditBody.Read(body, count - 1);
        }
    });

    // A valid body with a few bytes changed, mostly where lengths and reserves stand.
    private static Gen<byte[]> Mutated(byte[] valid) =>
        Gen.Select(Gen.Int[0, 24], Gen.Int[0, CellLayout.BodyBytes - 1], Gen.Byte, Gen.Byte).Select((near, far, one,
            two) =>
        {
            var body = valid.ToArray();
            body[near] = one;
            if ((two & 1) == 0)
            {
                body[far] = two;
            }

            return body;
        });

    private static byte[] WholeCreate()
    {
        var cell = new byte[CellLayout.CellBytes];
        CreateBody.WriteCreate(cell, default, 3, 7, new byte[1280]);
        return Of(cell).ToArray();
    }

    private static byte[] WholeCredit()
    {
        var cell = new byte[CellLayout.CellBytes];
        CreditBody.Write(cell, [new CreditGrant(new CircuitId(1), 2, 3), new CreditGrant(new CircuitId(4), 5, 6)]);
        return Of(cell).ToArray();
    }

    private static byte[] WholeMessage()
    {
        var room = new byte[CellLayout.BodyBytes];
        RelayMessage.Write(room, MessageType.Data, new StreamId(3), [1, 2, 3]);
        return room;
    }

    private static ReadOnlySpan<byte> Of(byte[] cell) => cell.AsSpan(CellLayout.HeaderBytes);
}
