using Veil.Circuits.Flow;
using Veil.Links;
using Veil.Wire.Cells;

namespace Veil.Circuits.Limits;

/// <summary>One link's part of a <see cref="RelayPace"/>; the pace guards it.</summary>
internal sealed class PaceShare(Link link)
{
    /// <summary>Cells that it was given while it waited.</summary>
    internal int Allowance { get; set; }

    /// <summary>Whether it stands in the queue.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Whether its link is gone.</summary>
    internal bool IsOver { get; set; }

    /// <summary>Lets the link look again.</summary>
    internal void Wake() => link.Wake();
}

/// <summary>What a link may send in its next record.</summary>
/// <param name="Cells">Cells of any kind.</param>
/// <param name="Control">Whether cells of the control lane and of quiet circuits may go beyond that; true where there
/// are cells.</param>
/// <param name="LoudFrom">Recent cells from which on a circuit is loud at this node, whatever its link says; 0 when no
/// rate holds it.</param>
internal readonly record struct PaceGrant(int Cells, bool Control, int LoudFrom)
{
    /// <summary>As much as there is.</summary>
    internal static PaceGrant Unlimited { get; } = new(CellLayout.MaxCellsPerRecord, true, 0);

    /// <summary>Whether a rate holds the node.</summary>
    internal bool IsRated => LoudFrom > 0;
}

/// <summary>What a link did with its grant.</summary>
/// <param name="Cells">Cells of its record.</param>
/// <param name="Data">Data cells of circuits among them.</param>
/// <param name="HasMore">Whether there is more to send.</param>
internal readonly record struct PaceUse(int Cells, CellSum Data, bool HasMore);
