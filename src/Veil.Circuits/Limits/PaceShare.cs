using Veil.Links;

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
/// <param name="Control">Whether cells of the control lane may go beyond that.</param>
internal readonly record struct PaceGrant(int Cells, bool Control);
