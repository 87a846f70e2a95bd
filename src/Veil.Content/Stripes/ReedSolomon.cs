using System.Diagnostics;

namespace Veil.Content.Stripes;

/// <summary>
/// The systematic Cauchy code of a stripe (spec/stripe.md, section 2): shares 0 to k - 1 are data, the others
/// parity, and any k give all others back. Shares of one call are of one length.
/// </summary>
public static class ReedSolomon
{
    /// <summary>The most data shares of a stripe.</summary>
    public const int MaxDataShares = 16;

    /// <summary>The most parity shares of a stripe.</summary>
    public const int MaxParityShares = 32;

    // Columns at a time, so that all data shares of the piece stay in the first-level cache.
    private const int PieceBytes = 2048;

    /// <summary>Computes all parity shares.</summary>
    /// <param name="data">1 to 16 data shares in order.</param>
    /// <param name="parity">Up to 32 parity shares in order, overwritten.</param>
    /// <exception cref="ArgumentException">Too many shares, or lengths that differ.</exception>
    public static void Encode(ReadOnlySpan<ReadOnlyMemory<byte>> data, ReadOnlySpan<Memory<byte>> parity)
    {
        RequireShape(data.Length, parity.Length);
        Span<byte> coefficients = stackalloc byte[parity.Length * data.Length];
        for (var row = 0; row < parity.Length; row++)
        {
            WriteRow(data.Length + row, coefficients.Slice(row * data.Length, data.Length));
        }

        Combine(GaloisKernel.Best, coefficients, data, parity);
    }

    /// <summary>Computes any shares from any k others.</summary>
    /// <param name="indexes">Which share each of <paramref name="shares"/> is: k different ones.</param>
    /// <param name="shares">k shares.</param>
    /// <param name="wanted">Which shares to compute.</param>
    /// <param name="outputs">Where to, one each, overwritten; apart from <paramref name="shares"/>.</param>
    /// <exception cref="ArgumentException">Indexes repeat or are out of range, or lengths differ.</exception>
    public static void Reconstruct(
        ReadOnlySpan<int> indexes,
        ReadOnlySpan<ReadOnlyMemory<byte>> shares,
        ReadOnlySpan<int> wanted,
        ReadOnlySpan<Memory<byte>> outputs)
    {
        var count = shares.Length;
        RequireShape(count, 0);
        if (indexes.Length != count) throw new ArgumentException("one index per share", nameof(indexes));
        if (wanted.Length != outputs.Length) throw new ArgumentException("one output per index", nameof(outputs));
        Span<byte> matrix = stackalloc byte[count * count];
        Span<byte> inverse = stackalloc byte[count * count];
        for (var row = 0; row < count; row++)
        {
            if (indexes[..row].Contains(indexes[row])) throw new ArgumentException("a share twice", nameof(indexes));
            WriteRow(indexes[row], matrix.Slice(row * count, count));
        }

        Invert(matrix, inverse, count);
        Span<byte> wantedRow = stackalloc byte[count];
        Span<byte> coefficients = stackalloc byte[MaxDataShares];
        for (var output = 0; output < wanted.Length; output++)
        {
            WriteRow(wanted[output], wantedRow);
            for (var column = 0; column < count; column++)
            {
                byte sum = 0;
                for (var row = 0; row < count; row++)
                {
                    sum ^= GaloisField.Multiply(wantedRow[row], inverse[(row * count) + column]);
                }

                coefficients[column] = sum;
            }

            Combine(GaloisKernel.Best, coefficients[..count], shares, outputs.Slice(output, 1));
        }
    }

    /// <summary>Each output is the sum of the sources times its row of coefficients.</summary>
    internal static void Combine(
        GaloisPath path,
        ReadOnlySpan<byte> coefficients,
        ReadOnlySpan<ReadOnlyMemory<byte>> sources,
        ReadOnlySpan<Memory<byte>> outputs)
    {
        var length = sources[0].Length;
        foreach (var source in sources) RequireLength(source.Length, length);
        foreach (var output in outputs) RequireLength(output.Length, length);
        for (var start = 0; start < length; start += PieceBytes)
        {
            var bytes = Math.Min(PieceBytes, length - start);
            for (var row = 0; row < outputs.Length; row++)
            {
                var destination = outputs[row].Span.Slice(start, bytes);
                destination.Clear();
                for (var column = 0; column < sources.Length; column++)
                {
                    var coefficient = coefficients[(row * sources.Length) + column];
                    if (coefficient == 0) continue;
                    GaloisKernel.MultiplyAdd(path, coefficient, sources[column].Span.Slice(start, bytes), destination);
                }
            }
        }
    }

    /// <summary>The coefficients of share <paramref name="index"/> over the data shares.</summary>
    internal static void WriteRow(int index, Span<byte> row)
    {
        var dataShares = row.Length;
        if (index < 0 || index >= dataShares + MaxParityShares)
        {
            throw new ArgumentException($"no share {index} in a stripe of {dataShares} data shares", nameof(index));
        }

        for (var column = 0; column < dataShares; column++)
        {
            row[column] = index < dataShares
                ? (byte)(index == column ? 1 : 0)
                : GaloisField.Invert((byte)((MaxDataShares + index - dataShares) ^ column));
        }
    }

    // Gauss and Jordan; a pivot always exists, since every choice of k rows of the code is invertible.
    private static void Invert(Span<byte> matrix, Span<byte> inverse, int size)
    {
        inverse.Clear();
        for (var index = 0; index < size; index++) inverse[(index * size) + index] = 1;
        for (var column = 0; column < size; column++)
        {
            var pivot = column;
            while (matrix[(pivot * size) + column] == 0) pivot++;
            Debug.Assert(pivot < size, "any k rows are independent");
            SwapRows(matrix, pivot, column, size);
            SwapRows(inverse, pivot, column, size);
            var scale = GaloisField.Invert(matrix[(column * size) + column]);
            ScaleRow(matrix.Slice(column * size, size), scale);
            ScaleRow(inverse.Slice(column * size, size), scale);
            for (var row = 0; row < size; row++)
            {
                var factor = matrix[(row * size) + column];
                if (row == column || factor == 0) continue;
                AddRow(matrix, column, row, size, factor);
                AddRow(inverse, column, row, size, factor);
            }
        }
    }

    private static void SwapRows(Span<byte> matrix, int first, int second, int size)
    {
        if (first == second) return;
        for (var column = 0; column < size; column++)
        {
            (matrix[(first * size) + column], matrix[(second * size) + column]) =
                (matrix[(second * size) + column], matrix[(first * size) + column]);
        }
    }

    private static void ScaleRow(Span<byte> row, byte factor)
    {
        foreach (ref var value in row) value = GaloisField.Multiply(value, factor);
    }

    private static void AddRow(Span<byte> matrix, int from, int to, int size, byte factor) =>
        GaloisKernel.MultiplyAdd(
            GaloisPath.Portable,
            factor,
            matrix.Slice(from * size, size),
            matrix.Slice(to * size, size));

    private static void RequireShape(int dataShares, int parityShares)
    {
        if (dataShares is < 1 or > MaxDataShares || parityShares > MaxParityShares)
        {
            throw new ArgumentException($"no stripe of {dataShares} data and {parityShares} parity shares");
        }
    }

    private static void RequireLength(int length, int expected)
    {
        if (length != expected) throw new ArgumentException($"a share of {length} bytes among shares of {expected}");
    }
}
