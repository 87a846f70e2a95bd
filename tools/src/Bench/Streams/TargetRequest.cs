using System.Buffers.Binary;

namespace Veil.Bench.Streams;

/// <summary>What a <see cref="TargetServer"/> is asked for.</summary>
internal enum TargetKind : byte
{
    /// <summary>Bytes of any content.</summary>
    Send = 1,

    /// <summary>Bytes whose place can be told from their content: <see cref="NumberedBytes"/>.</summary>
    SendNumbered = 2,

    /// <summary>Every byte back, until the connection ends.</summary>
    Echo = 3,
}

/// <summary>One request, nine bytes: the kind and a number, big-endian.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Bytes">How many; not looked at for <see cref="TargetKind.Echo"/>.</param>
internal readonly record struct TargetRequest(TargetKind Kind, long Bytes)
{
    internal const int Length = 9;

    internal static TargetRequest Read(ReadOnlySpan<byte> bytes) =>
        new((TargetKind)bytes[0], BinaryPrimitives.ReadInt64BigEndian(bytes[1..]));

    internal byte[] ToBytes()
    {
        var bytes = new byte[Length];
        bytes[0] = (byte)Kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), Bytes);
        return bytes;
    }
}
