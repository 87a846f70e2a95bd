using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>What a record tells who knows the name (spec/name.md, section 4).</summary>
/// <param name="Sequence">Which version; from 1.</param>
/// <param name="Target">What the name stands for.</param>
/// <param name="LastDay">The last day for which this version was signed.</param>
public sealed record NameContent(ulong Sequence, ContentKey Target, NameDay LastDay)
{
    private const byte KindContentKey = 1;
    private const int LastDayOffset = 4;
    private const int TargetOffset = 8;
    private const int UsedBytes = TargetOffset + ReadCapability.Bytes;

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(NameContent);

    /// <summary>Writes the plaintext, 360 bytes.</summary>
    internal void Write(Span<byte> plaintext)
    {
        plaintext.Clear();
        plaintext[0] = KindContentKey;
        BinaryPrimitives.WriteUInt32BigEndian(plaintext[LastDayOffset..], LastDay.Value);
        Target.Capability.Write(plaintext.Slice(TargetOffset, ReadCapability.Bytes));
    }

    /// <summary>Reads the plaintext of a record of that sequence number.</summary>
    internal static bool TryRead(
        ReadOnlySpan<byte> plaintext, ulong sequence, [NotNullWhen(true)] out NameContent? content)
    {
        content = null;
        if (plaintext[0] != KindContentKey
            || plaintext[1..LastDayOffset].ContainsAnyExcept((byte)0)
            || plaintext[UsedBytes..].ContainsAnyExcept((byte)0)
            || !ReadCapability.TryParse(plaintext[TargetOffset..UsedBytes], out var capability)
            || capability!.BlockBytes != ErisLayout.BlockBytes)
        {
            return false;
        }

        var lastDay = new NameDay(BinaryPrimitives.ReadUInt32BigEndian(plaintext[LastDayOffset..]));
        content = new NameContent(sequence, new ContentKey(capability), lastDay);
        return true;
    }
}
