using System.Buffers.Binary;
using System.Diagnostics;

namespace Veil.Wire.Documents;

/// <summary>
/// Where the parts of a consensus document stand (spec/directory.md, section 4):
/// <c>format 1 ‖ signatures s 1 ‖ header length h 4 ‖ s × (authority index 1 ‖ signature 64) ‖ header h ‖ leaves</c>.
/// Lengths only: nothing is parsed, so the signatures can be checked first.
/// </summary>
public readonly struct ConsensusLayout
{
    private const byte Format = 1;
    private const int PrefixSize = 6;
    private const int SignatureEntrySize = 1 + SignedEnvelope.SignatureSize;

    private readonly int _signatures;
    private readonly int _headerBytes;

    private ConsensusLayout(ReadOnlyMemory<byte> bytes, int signatures, int headerBytes)
    {
        Bytes = bytes;
        _signatures = signatures;
        _headerBytes = headerBytes;
    }

    /// <summary>The whole document.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The signed header.</summary>
    public ReadOnlyMemory<byte> Header => Bytes.Slice(HeaderOffset, _headerBytes);

    /// <summary>The leaves, one after the other, in the order of their identities.</summary>
    public ReadOnlyMemory<byte> Leaves => Bytes[(HeaderOffset + _headerBytes)..];

    /// <summary>Number of leaves.</summary>
    public int LeafCount => Leaves.Length / RelayEntry.Size;

    /// <summary>Number of signatures.</summary>
    public int SignatureCount => _signatures;

    private int HeaderOffset => PrefixSize + (_signatures * SignatureEntrySize);

    /// <summary>The authority's index and the 64 bytes of signature number <paramref name="index"/>.</summary>
    public (byte Authority, ReadOnlyMemory<byte> Signature) SignatureAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_signatures);
        ReadOnlyMemory<byte> entry = Bytes.Slice(PrefixSize + (index * SignatureEntrySize), SignatureEntrySize);
        return (entry.Span[0], entry[1..]);
    }

    /// <summary>Finds the parts; false unless the lengths add up and every bound holds.</summary>
    public static bool TrySplit(ReadOnlyMemory<byte> bytes, out ConsensusLayout layout)
    {
        layout = default;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length is < PrefixSize or > DocumentLimits.MaxConsensusBytes || span[0] != Format
            || span[1] is 0 or > DocumentLimits.MaxAuthorities)
        {
            return false;
        }

        uint headerBytes = BinaryPrimitives.ReadUInt32BigEndian(span[2..]);
        if (headerBytes is 0 or > DocumentLimits.MaxHeaderBytes)
        {
            return false;
        }

        int leaves = span.Length - PrefixSize - (span[1] * SignatureEntrySize) - (int)headerBytes;
        if (leaves <= 0 || leaves % RelayEntry.Size != 0 || leaves / RelayEntry.Size > DocumentLimits.MaxRelays)
        {
            return false;
        }

        layout = new ConsensusLayout(bytes, span[1], (int)headerBytes);
        Debug.Assert(layout.Leaves.Length == leaves, "The parts fill the document.");
        return true;
    }

    /// <summary>Puts a document together; <paramref name="signatures"/> in the order of the authorities.</summary>
    /// <exception cref="ArgumentException">A part breaks a bound.</exception>
    public static byte[] Join(
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> leaves,
        IReadOnlyList<(byte Authority, ReadOnlyMemory<byte> Signature)> signatures)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        byte[] bytes = new byte[PrefixSize + (signatures.Count * SignatureEntrySize) + header.Length + leaves.Length];
        bytes[0] = Format;
        bytes[1] = (byte)signatures.Count;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), (uint)header.Length);
        int offset = PrefixSize;
        foreach ((byte authority, ReadOnlyMemory<byte> signature) in signatures)
        {
            bytes[offset] = authority;
            signature.Span.CopyTo(bytes.AsSpan(offset + 1, SignedEnvelope.SignatureSize));
            offset += SignatureEntrySize;
        }

        header.CopyTo(bytes.AsSpan(offset));
        leaves.CopyTo(bytes.AsSpan(offset + header.Length));
        Debug.Assert(offset + header.Length + leaves.Length == bytes.Length, "The parts fill the document.");
        return TrySplit(bytes, out _) ? bytes : throw new ArgumentException("a part of the consensus breaks a bound");
    }
}
