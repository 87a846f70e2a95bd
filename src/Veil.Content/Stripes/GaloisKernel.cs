using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Veil.Content.Stripes;

/// <summary>Ways to multiply and add; all give the same bytes.</summary>
internal enum GaloisPath
{
    /// <summary>A table look-up per nibble.</summary>
    Portable,

    /// <summary>16 bytes at a time by table shuffles (SSSE3, NEON).</summary>
    Vector128,

    /// <summary>32 bytes at a time by table shuffles (AVX2).</summary>
    Vector256,

    /// <summary>64 bytes at a time by GF2P8AFFINEQB.</summary>
    Affine512,
}

/// <summary>destination ^= coefficient · source over GF(2^8): the one loop of Reed-Solomon.</summary>
internal static class GaloisKernel
{
    /// <summary>The fastest path of this machine.</summary>
    public static GaloisPath Best { get; } =
        IsSupported(GaloisPath.Affine512) ? GaloisPath.Affine512
        : IsSupported(GaloisPath.Vector256) ? GaloisPath.Vector256
        : IsSupported(GaloisPath.Vector128) ? GaloisPath.Vector128
        : GaloisPath.Portable;

    /// <summary>True where this machine has the path's instructions.</summary>
    public static bool IsSupported(GaloisPath path) => path switch
    {
        GaloisPath.Portable => true,
        GaloisPath.Vector128 => Vector128.IsHardwareAccelerated,
        GaloisPath.Vector256 => Avx2.IsSupported,
        GaloisPath.Affine512 => Gfni.V512.IsSupported,
        _ => false,
    };

    /// <summary>Adds the product; the spans are of one length.</summary>
    public static void MultiplyAdd(GaloisPath path, byte coefficient, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Debug.Assert(source.Length == destination.Length, "byte for byte");
        var done = path switch
        {
            GaloisPath.Affine512 => MultiplyAddAffine512(coefficient, source, destination),
            GaloisPath.Vector256 => MultiplyAdd256(coefficient, source, destination),
            GaloisPath.Vector128 => MultiplyAdd128(coefficient, source, destination),
            _ => 0,
        };
        MultiplyAddPortable(coefficient, source[done..], destination[done..]);
    }

    private static void MultiplyAddPortable(byte coefficient, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var products = GaloisField.Nibbles(coefficient);
        for (var index = 0; index < source.Length; index++)
        {
            destination[index] ^= (byte)(products[source[index] & 15] ^ products[16 + (source[index] >> 4)]);
        }
    }

    private static int MultiplyAdd128(byte coefficient, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var products = GaloisField.Nibbles(coefficient);
        var low = Vector128.Create(products[..16]);
        var high = Vector128.Create(products[16..]);
        var nibble = Vector128.Create((byte)15);
        var from = MemoryMarshal.Cast<byte, Vector128<byte>>(source);
        var to = MemoryMarshal.Cast<byte, Vector128<byte>>(destination);
        for (var index = 0; index < from.Length && index < to.Length; index++)
        {
            var value = from[index];
            to[index] ^= Vector128.Shuffle(low, value & nibble) ^ Vector128.Shuffle(high, value >>> 4);
        }

        return from.Length * Vector128<byte>.Count;
    }

    private static int MultiplyAdd256(byte coefficient, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var products = GaloisField.Nibbles(coefficient);
        var low = Vector256.Create(Vector128.Create(products[..16]), Vector128.Create(products[..16]));
        var high = Vector256.Create(Vector128.Create(products[16..]), Vector128.Create(products[16..]));
        var nibble = Vector256.Create((byte)15);
        var from = MemoryMarshal.Cast<byte, Vector256<byte>>(source);
        var to = MemoryMarshal.Cast<byte, Vector256<byte>>(destination);
        for (var index = 0; index < from.Length && index < to.Length; index++)
        {
            // The shuffle works within each half: both halves hold the same table.
            var value = from[index];
            to[index] ^= Avx2.Shuffle(low, value & nibble) ^ Avx2.Shuffle(high, value >>> 4);
        }

        return from.Length * Vector256<byte>.Count;
    }

    private static int MultiplyAddAffine512(byte coefficient, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var matrix = Vector512.Create(GaloisField.Matrix(coefficient)).AsByte();
        var from = MemoryMarshal.Cast<byte, Vector512<byte>>(source);
        var to = MemoryMarshal.Cast<byte, Vector512<byte>>(destination);
        for (var index = 0; index < from.Length && index < to.Length; index++)
        {
            to[index] ^= Gfni.V512.GaloisFieldAffineTransform(from[index], matrix, 0);
        }

        return from.Length * Vector512<byte>.Count;
    }
}
