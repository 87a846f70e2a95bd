using System.Buffers.Binary;
using System.IO.Hashing;
using Veil.Wire;

namespace Veil.Storage.Segments;

/// <summary>
/// What the payloads of one segment's slots looked like when they were last compared with their references: 8 bytes a
/// slot, in memory only (spec/store.md, section 7). Tells what changed by accident since, at a twentieth of the cost of
/// the reference's hash; it is no defence against anybody, and needs to be none: whoever fetches a block checks its
/// reference. Any thread.
/// </summary>
internal sealed class PayloadMarks
{
    // Most segments are not read while a process lives. 0 says that the payload was not compared yet.
    private ulong[]? _marks;

    /// <summary>The payload was found to be the block of this reference.</summary>
    public void Add(int slot, BlockRef reference, ReadOnlySpan<byte> payload)
    {
        var marks = Volatile.Read(ref _marks);
        if (marks is null)
        {
            var made = new ulong[SegmentLayout.MaxSlots];
            marks = Interlocked.CompareExchange(ref _marks, made, null) ?? made;
        }

        Volatile.Write(ref marks[slot], Of(reference, payload));
    }

    /// <summary>Whether it is still the payload of that reference; false says only that it must be compared.</summary>
    public bool Contains(int slot, BlockRef reference, ReadOnlySpan<byte> payload) =>
        Volatile.Read(ref _marks) is { } marks
        && Volatile.Read(ref marks[slot]) is not 0 and var mark
        && mark == Of(reference, payload);

    private static ulong Of(BlockRef reference, ReadOnlySpan<byte> payload) =>
        XxHash3.HashToUInt64(payload, BinaryPrimitives.ReadInt64LittleEndian(reference.Value.AsSpan())) | 1;
}
