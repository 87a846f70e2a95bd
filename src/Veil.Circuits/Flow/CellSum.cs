using System.Numerics;

namespace Veil.Circuits.Flow;

/// <summary>Cells, and what their circuits sent.</summary>
/// <param name="Count">Cells.</param>
/// <param name="OfCircuits">Summed over these cells: what the cell's circuit had lately sent, the cell itself
/// included.</param>
internal readonly record struct CellSum(long Count, long OfCircuits) : IAdditionOperators<CellSum, CellSum, CellSum>
{
    /// <summary>Of both.</summary>
    public static CellSum operator +(CellSum left, CellSum right) =>
        new(left.Count + right.Count, left.OfCircuits + right.OfCircuits);

    /// <summary>With one cell more.</summary>
    /// <param name="ofCircuit">What its circuit lately sent, this cell included.</param>
    internal CellSum With(int ofCircuit) => this + new CellSum(1, ofCircuit);
}
