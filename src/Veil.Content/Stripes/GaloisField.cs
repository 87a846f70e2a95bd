using System.Diagnostics;

namespace Veil.Content.Stripes;

/// <summary>GF(2^8) with the polynomial 0x11D (spec/stripe.md, section 2), and tables for its kernels.</summary>
internal static class GaloisField
{
    private const int Polynomial = 0x11D;
    private const int Order = 255;

    private static readonly byte[] Exponents = BuildExponents();
    private static readonly byte[] Logarithms = BuildLogarithms();

    /// <summary>Products of each coefficient with 0..15 and with 0, 16 .. 240: 32 bytes a coefficient.</summary>
    private static readonly byte[] NibbleProducts = BuildNibbleProducts();

    /// <summary>Each coefficient's multiplication as an 8 × 8 matrix over GF(2), laid out for GF2P8AFFINEQB.</summary>
    private static readonly ulong[] Matrices = BuildMatrices();

    /// <summary>The product.</summary>
    public static byte Multiply(byte left, byte right) =>
        left == 0 || right == 0 ? (byte)0 : Exponents[Logarithms[left] + Logarithms[right]];

    /// <summary>The multiplicative inverse.</summary>
    /// <exception cref="DivideByZeroException">Zero has none.</exception>
    public static byte Invert(byte value) =>
        value == 0 ? throw new DivideByZeroException() : Exponents[Order - Logarithms[value]];

    /// <summary>16 products with low nibbles, then 16 with high nibbles.</summary>
    public static ReadOnlySpan<byte> Nibbles(byte coefficient) => NibbleProducts.AsSpan(coefficient * 32, 32);

    /// <summary>The matrix of <paramref name="coefficient"/>.</summary>
    public static ulong Matrix(byte coefficient) => Matrices[coefficient];

    private static byte[] BuildExponents()
    {
        // Twice the period, so that a sum of two logarithms needs no reduction.
        var exponents = new byte[2 * Order];
        var value = 1;
        for (var power = 0; power < exponents.Length; power++)
        {
            exponents[power] = (byte)value;
            value <<= 1;
            if (value > 0xFF) value ^= Polynomial;
        }

        Debug.Assert(exponents[Order] == 1, "2 generates the field");
        return exponents;
    }

    private static byte[] BuildLogarithms()
    {
        var logarithms = new byte[256];
        for (var power = 0; power < Order; power++) logarithms[Exponents[power]] = (byte)power;
        return logarithms;
    }

    private static byte[] BuildNibbleProducts()
    {
        var products = new byte[256 * 32];
        for (var entry = 0; entry < products.Length; entry++)
        {
            var nibble = entry % 16;
            var value = entry % 32 < 16 ? nibble : nibble << 4;
            products[entry] = Multiply((byte)(entry / 32), (byte)value);
        }

        return products;
    }

    private static ulong[] BuildMatrices()
    {
        // Bit i of the result is the parity of (row i AND value); the instruction keeps row i in byte 7 - i.
        var matrices = new ulong[256];
        for (var coefficient = 0; coefficient < 256; coefficient++)
        {
            for (var column = 0; column < 8; column++)
            {
                var product = Multiply((byte)coefficient, (byte)(1 << column));
                for (var row = 0; row < 8; row++)
                {
                    if ((product >> row & 1) != 0) matrices[coefficient] |= 1UL << (((7 - row) * 8) + column);
                }
            }
        }

        return matrices;
    }
}
