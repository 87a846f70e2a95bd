using Veil.Circuits.Cells;

namespace Veil.Circuits.Flow;

/// <summary>Sizes of a window, in cells or bytes (spec/circuit.md, section 4; spec/stream.md, section 3).</summary>
/// <param name="First">Granted without being asked for, and never less.</param>
/// <param name="Usual">Granted at the first use while memory is plenty.</param>
/// <param name="Loud">Bound of growing by use alone.</param>
/// <param name="Most">Bound of growing by what the path takes up.</param>
internal sealed record WindowSizes(int First, int Usual, int Loud, int Most)
{
    /// <summary>What is used before it grows, at least: what setting up a circuit takes is no reason to.</summary>
    internal int Patience { get; init; }

    /// <summary>Up to here everybody's grows, until memory is short.</summary>
    internal int Small { get; init; } = Usual;

    /// <summary>Into how many parts the window is granted. Nearly one part is always used and not yet granted, and with
    /// two parts the path would carry half of the window.</summary>
    internal int Quanta { get; init; } = 1;

    /// <summary>How much of the window one cell of the budget is: 1 for cells, 2,048 for bytes.</summary>
    internal int PerCell { get; init; } = 1;

    /// <summary>What is granted at a time, of a window of <paramref name="size"/>.</summary>
    internal int Quantum(int size) => Math.Max(size / Quanta, 1);
}

/// <summary>What all windows of one kind at a node share.</summary>
/// <param name="Sizes">Their sizes.</param>
/// <param name="Pool">The budget that is charged with them.</param>
/// <param name="Time">Measures round trips.</param>
internal sealed record WindowTerms(WindowSizes Sizes, CellPool Pool, TimeProvider Time);
