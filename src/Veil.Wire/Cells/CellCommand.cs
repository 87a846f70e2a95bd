using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Cells;

/// <summary>What a cell is for (spec/cell.md, section 2).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte on the wire.")]
public enum CellCommand : byte
{
    /// <summary>Keeps an idle link alive.</summary>
    Padding = 0,

    /// <summary>Opens a circuit on this link.</summary>
    Create = 1,

    /// <summary>Answers CREATE.</summary>
    Created = 2,

    /// <summary>Ends a circuit on this link.</summary>
    Destroy = 3,

    /// <summary>An onion body of the data lane.</summary>
    Data = 4,

    /// <summary>An onion body of the control lane.</summary>
    Control = 5,

    /// <summary>Grants room for more cells.</summary>
    Credit = 6,

    /// <summary>Gives back room that was granted and is not used.</summary>
    Return = 7,
}

/// <summary>The two lanes of a circuit, which keep orders and keys of their own (spec/cell.md, section 2).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "One byte in key derivation.")]
public enum Lane : byte
{
    /// <summary>What streams carry.</summary>
    Data = 0,

    /// <summary>What must pass when the data lane is full.</summary>
    Control = 1,
}
