using System.Buffers.Binary;
using System.Diagnostics;
using Veil.Noise;
using Veil.Wire.Cells;

namespace Veil.Circuits.Onion;

/// <summary>
/// The layer of one hop: two lanes in two directions, each with a key and counter of its own (spec/cell.md, section 3).
/// The sealing half belongs to one task, the opening half to one task.
/// </summary>
internal sealed class HopCiphers : IDisposable
{
    private readonly CounterCipher _sendData;
    private readonly CounterCipher _sendControl;
    private readonly CounterCipher _receiveData;
    private readonly CounterCipher _receiveControl;

    // A circuit may be closed by any thread while a link's loop is inside a cipher.
    private UseGate _sealing;
    private UseGate _opening;

    /// <summary>Takes ciphers by lane; owns them.</summary>
    internal HopCiphers(int position, CounterCipher[] send, CounterCipher[] receive)
    {
        Debug.Assert(position is >= 1 and <= CellLayout.MaxLayers, "positions are 1 to 5");
        Position = position;
        (_sendData, _sendControl) = (send[0], send[1]);
        (_receiveData, _receiveControl) = (receive[0], receive[1]);
    }

    /// <summary>Takes the keys of a completed hop handshake; null when there is no room for them.</summary>
    internal static HopCiphers? TryCreate(HybridHandshake handshake, KeySlab slab, int position, uint cellsPerKey)
    {
        var made = new List<CounterCipher>(4);
        try
        {
            made.Add(handshake.CreateSendCipher(slab, (byte)Lane.Data, cellsPerKey));
            made.Add(handshake.CreateSendCipher(slab, (byte)Lane.Control, cellsPerKey));
            made.Add(handshake.CreateReceiveCipher(slab, (byte)Lane.Data, cellsPerKey));
            made.Add(handshake.CreateReceiveCipher(slab, (byte)Lane.Control, cellsPerKey));
            return new HopCiphers(position, [made[0], made[1]], [made[2], made[3]]);
        }
        catch (KeySlabExhaustedException)
        {
            Free([.. made]);
            return null;
        }
    }

    /// <summary>1 is the guard.</summary>
    internal int Position { get; }

    /// <summary>Length of this layer's plaintext: branch and rest.</summary>
    internal int PlaintextBytes => CellLayout.CiphertextBytes(Position) - CellLayout.TagBytes;

    /// <summary>Whether the bytes behind this layer's ciphertext are zero.</summary>
    internal static bool HasZeroTail(ReadOnlySpan<byte> body, int position) =>
        !body[CellLayout.CiphertextBytes(position)..].ContainsAnyExcept((byte)0);

    /// <summary>
    /// Opens this layer of <paramref name="body"/> to <paramref name="branchAndBody"/> (two bytes longer than a body,
    /// may not overlap) and fills up with zeros; false when tag or zeros are wrong, or the circuit is closed.
    /// </summary>
    internal bool TryOpen(Lane lane, ReadOnlySpan<byte> body, Span<byte> branchAndBody)
    {
        int plaintext = PlaintextBytes;
        if (!HasZeroTail(body, Position)
            || !TryOpenLayer(lane, body[..(plaintext + CellLayout.TagBytes)], branchAndBody[..plaintext]))
        {
            return false;
        }

        branchAndBody[plaintext..].Clear();
        return true;
    }

    /// <summary>
    /// Opens this layer in place; <paramref name="layer"/> starts at its ciphertext.
    /// False when the tag is wrong or the circuit is closed.
    /// </summary>
    internal bool TryOpenInPlace(Lane lane, Span<byte> layer)
    {
        int plaintext = PlaintextBytes;
        return TryOpenLayer(lane, layer[..(plaintext + CellLayout.TagBytes)], layer[..plaintext]);
    }

    /// <summary>
    /// Seals <paramref name="branchAndBody"/>, whose first two bytes are the branch, to <paramref name="body"/>
    /// (no overlap, or the same start). What follows the ciphertext is left as it is. False when the circuit is closed.
    /// </summary>
    internal bool TrySeal(Lane lane, ReadOnlySpan<byte> branchAndBody, Span<byte> body)
    {
        if (!_sealing.TryEnter())
        {
            return false;
        }

        int plaintext = PlaintextBytes;
        var cipher = lane == Lane.Data ? _sendData : _sendControl;
        cipher.Seal(body[..(plaintext + CellLayout.TagBytes)], branchAndBody[..plaintext], []);
        if (_sealing.Exit())
        {
            Free(_sendData, _sendControl);
        }

        return true;
    }

    /// <summary>The branch number at the start of a layer's plaintext.</summary>
    internal static ushort ReadBranch(ReadOnlySpan<byte> layer) => BinaryPrimitives.ReadUInt16BigEndian(layer);

    /// <summary>Sets the branch number at the start of a layer's plaintext.</summary>
    internal static void WriteBranch(Span<byte> layer, ushort branch) =>
        BinaryPrimitives.WriteUInt16BigEndian(layer, branch);

    /// <summary>Wipes the keys, at the latest when their present use ends. Any thread.</summary>
    public void Dispose()
    {
        if (_sealing.Close())
        {
            Free(_sendData, _sendControl);
        }

        if (_opening.Close())
        {
            Free(_receiveData, _receiveControl);
        }
    }

    private static void Free(params ReadOnlySpan<CounterCipher> ciphers)
    {
        foreach (var cipher in ciphers)
        {
            cipher.Dispose();
        }
    }

    private bool TryOpenLayer(Lane lane, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext)
    {
        if (!_opening.TryEnter())
        {
            return false;
        }

        bool opened = (lane == Lane.Data ? _receiveData : _receiveControl).TryOpen(plaintext, ciphertext, []);
        if (_opening.Exit())
        {
            Free(_receiveData, _receiveControl);
        }

        return opened;
    }
}
