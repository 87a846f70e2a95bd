using System.Buffers;
using System.Text.Json.Nodes;
using Veil.Circuits.Onion;
using Veil.Links.Record;
using Veil.Noise;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits.Onion;

/// <summary>
/// spec/vectors/{record,cell,circuit}.json: fixed keys, whole transcripts. Written by this code when
/// VEIL_WRITE_VECTORS is 1, otherwise compared with it byte for byte.
/// </summary>
public sealed class CellVectorTests : IDisposable
{
    private readonly KeySlab _slab = new(256);

    [Fact]
    public void Records_are_as_in_the_vectors()
    {
        byte[] key = Key(1);
        using var cipher = new CounterCipher(key, _slab, RecordLayout.RecordsPerKey);
        var writer = new RecordWriter(cipher);
        var records = new JsonArray();
        foreach (int count in (int[])[1, 2])
        {
            byte[] cells = [.. Enumerable.Range(0, count * CellLayout.CellBytes).Select(index => (byte)(index % 251))];
            var record = new ArrayBufferWriter<byte>();
            writer.Write(cells, record);
            records.Add(new JsonObject { ["cells"] = Hex(cells), ["record"] = Hex(record.WrittenSpan) });
        }

        Check("record", new JsonObject { ["section"] = "record.md 2", ["key"] = Hex(key), ["records"] = records });
    }

    [Fact]
    public void A_message_through_three_hops_and_a_branch_is_as_in_the_vectors_and_each_hop_opens_its_layer()
    {
        var onion = new ClientOnion();
        for (byte position = 1; position <= 3; position++)
        {
            onion.Add(Client(position));
        }

        HopCiphers end = Client(4);
        var cell = new byte[CellLayout.CellBytes];
        CellHeader.Write(cell, new CircuitId(0x8000_0001), CellCommand.Data);
        RelayMessage.Write(ClientOnion.Room(cell, 4), MessageType.Data, new StreamId(7), "veil"u8);
        Assert.True(onion.TrySeal(Lane.Data, cell, end, 5));

        var hops = new JsonArray();
        byte[] body = cell[CellLayout.HeaderBytes..];
        for (byte position = 1; position <= 4; position++)
        {
            var opened = new byte[CellLayout.BodyBytes + CellLayout.BranchBytes];
            Assert.True(Relay(position).TryOpen(Lane.Data, body, opened));
            hops.Add(new JsonObject
            {
                ["position"] = position,
                ["forward_data_key"] = Hex(Key(position)),
                ["body"] = Hex(body),
                ["branch"] = HopCiphers.ReadBranch(opened),
            });
            body = opened[CellLayout.BranchBytes..];
        }

        Assert.True(RelayMessage.TryRead(body, out var message));
        Assert.Equal("veil"u8, message.Data);
        Check("cell", new JsonObject
        {
            ["section"] = "cell.md 3 and 4",
            ["message"] = new JsonObject { ["type"] = 17, ["stream"] = 7, ["data"] = Hex("veil"u8) },
            ["hops"] = hops,
        });
    }

    [Fact]
    public void Create_created_credit_and_extend_are_as_in_the_vectors()
    {
        byte[] message = [.. Enumerable.Range(0, HopHandshake.FirstBytes).Select(index => (byte)(index % 253))];
        byte[] answer = message[..HopHandshake.SecondBytes];
        byte[] create = new byte[CellLayout.CellBytes], created = new byte[CellLayout.CellBytes];
        var credit = new byte[CellLayout.CellBytes];
        var circuit = new CircuitId(0x8000_0001);
        CreateBody.WriteCreate(create, circuit, 1, 0x0102_0304_0506_0708, message);
        CreateBody.WriteCreated(created, circuit, answer);
        CreditBody.Write(credit, [new CreditGrant(circuit, 8, 4), new CreditGrant(new CircuitId(2), 64, 0)]);
        var extend = new ExtendRequest(
            new BranchId(3), new RelayId(new Bytes32(Key(9))), 0x0102_0304_0506_0708, message);

        Check("circuit", new JsonObject
        {
            ["section"] = "cell.md 2 and circuit.md 2",
            ["handshake_message_1"] = Hex(message),
            ["handshake_message_2"] = Hex(answer),
            ["create"] = Hex(create),
            ["created"] = Hex(created),
            ["credit"] = Hex(credit),
            ["extend"] = Hex(extend.ToBytes()),
        });
    }

    public void Dispose() => _slab.Dispose();

    private static byte[] Key(byte number) => [.. Enumerable.Repeat(number, 32)];

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private static void Check(string name, JsonObject made)
    {
        string path = Path.Combine(VectorFolder.ProjectRoot, "spec", "vectors", name + ".json");
        string text = made.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n";
        if (Environment.GetEnvironmentVariable("VEIL_WRITE_VECTORS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    private HopCiphers Client(byte position) => new(
        position,
        [Cipher(position), Cipher((byte)(position + 16))],
        [Cipher((byte)(position + 32)), Cipher((byte)(position + 48))]);

    private HopCiphers Relay(byte position) => new(
        position,
        [Cipher((byte)(position + 32)), Cipher((byte)(position + 48))],
        [Cipher(position), Cipher((byte)(position + 16))]);

    private CounterCipher Cipher(byte number) => new(Key(number), _slab);
}
