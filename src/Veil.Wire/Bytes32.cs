using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Veil.Wire;

/// <summary>32 bytes by value: what every identity, reference and digest of Veil is made of
/// (spec/overview.md).</summary>
[InlineArray(Size)]
public struct Bytes32 : IEquatable<Bytes32>, IComparable<Bytes32>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private byte _first;

    /// <summary>Copies exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The source is not 32 bytes long.</exception>
    public Bytes32(ReadOnlySpan<byte> source)
    {
        if (source.Length != Size)
        {
            throw new ArgumentException($"expected {Size} bytes, got {source.Length}", nameof(source));
        }

        source.CopyTo(this);
    }

    /// <summary>The bytes, valid as long as the variable that holds them.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AsSpan() => this;

    /// <summary>A copy, for places where the value is not held in a variable.</summary>
    public readonly byte[] ToArray() => AsSpan().ToArray();

    /// <inheritdoc/>
    public readonly bool Equals(Bytes32 other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Bytes32 other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        // HashCode is keyed per process, so that a peer that picks its identifiers cannot pick collisions.
        HashCode hash = default;
        hash.AddBytes(this);
        return hash.ToHashCode();
    }

    /// <summary>Compares as 256-bit big-endian numbers.</summary>
    public readonly int CompareTo(Bytes32 other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <summary>The first eight bytes as a big-endian number.</summary>
    public readonly ulong Prefix64() => BinaryPrimitives.ReadUInt64BigEndian(this);

    /// <summary>Lower-case hexadecimal.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);

    /// <summary>Equality by value.</summary>
    public static bool operator ==(Bytes32 left, Bytes32 right) => left.Equals(right);

    /// <summary>Inequality by value.</summary>
    public static bool operator !=(Bytes32 left, Bytes32 right) => !left.Equals(right);

    /// <summary>Order as 256-bit big-endian numbers.</summary>
    public static bool operator <(Bytes32 left, Bytes32 right) => left.CompareTo(right) < 0;

    /// <summary>Order as 256-bit big-endian numbers.</summary>
    public static bool operator >(Bytes32 left, Bytes32 right) => left.CompareTo(right) > 0;

    /// <summary>Order as 256-bit big-endian numbers.</summary>
    public static bool operator <=(Bytes32 left, Bytes32 right) => left.CompareTo(right) <= 0;

    /// <summary>Order as 256-bit big-endian numbers.</summary>
    public static bool operator >=(Bytes32 left, Bytes32 right) => left.CompareTo(right) >= 0;
}
