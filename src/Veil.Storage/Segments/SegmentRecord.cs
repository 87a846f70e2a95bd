using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Geralt;
using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>What a record says.</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on disk.")]
internal enum RecordKind : byte
{
    None = 0,
    SegmentStart = 1,
    Block = 2,
    LeaseLogStart = 3,
    Lease = 4,
}

/// <summary>One 64-byte record (spec/store.md, section 5).</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Value">Number of the file in a start record, otherwise the lease's end in Unix seconds.</param>
/// <param name="Slot">The slot of a block's header, otherwise 0.</param>
/// <param name="Reference">The block meant; zeros in a start record.</param>
internal readonly record struct SegmentRecord(RecordKind Kind, uint Value, uint Slot, Bytes32 Reference)
{
    /// <summary>The version that this code writes and the only one that it reads.</summary>
    public const byte Version = 1;

    private const uint Magic = 0x5645494C; // "VEIL"
    private const int ReferenceOffset = 16;
    private const int ChecksumOffset = ReferenceOffset + Bytes32.Size;
    private const int ChecksumBytes = SegmentLayout.RecordBytes - ChecksumOffset;

    /// <summary>Fills exactly 64 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        var record = destination[..SegmentLayout.RecordBytes];
        record.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(record, Magic);
        record[4] = Version;
        record[5] = (byte)Kind;
        BinaryPrimitives.WriteUInt32BigEndian(record[8..], Value);
        BinaryPrimitives.WriteUInt32BigEndian(record[12..], Slot);
        Reference.AsSpan().CopyTo(record[ReferenceOffset..]);
        BLAKE2b.ComputeHash(record[ChecksumOffset..], record[..ChecksumOffset]);
    }

    /// <summary>False unless all 64 bytes are as some version of Veil wrote them.</summary>
    /// <param name="source">64 bytes.</param>
    /// <param name="record">Valid only on success, and meaningful only for version <see cref="Version"/>.</param>
    /// <param name="version">Which version wrote it.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out SegmentRecord record, out byte version)
    {
        record = default;
        version = 0;
        if (source.Length < SegmentLayout.RecordBytes || BinaryPrimitives.ReadUInt32BigEndian(source) != Magic)
        {
            return false;
        }

        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        BLAKE2b.ComputeHash(checksum, source[..ChecksumOffset]);
        if (!checksum.SequenceEqual(source.Slice(ChecksumOffset, ChecksumBytes)))
        {
            return false;
        }

        version = source[4];
        record = new SegmentRecord(
            (RecordKind)source[5],
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            new Bytes32(source.Slice(ReferenceOffset, Bytes32.Size)));
        return true;
    }

    /// <summary>False unless the bytes are a record of this version and kind, with a lease if it has one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, RecordKind kind, out SegmentRecord record) =>
        TryRead(source, out record, out var version)
        && version == Version
        && record.Kind == kind
        && (record.Value != 0 || kind is not (RecordKind.Block or RecordKind.Lease));
}
