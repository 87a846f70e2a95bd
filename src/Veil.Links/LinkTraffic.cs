using Veil.Wire;

namespace Veil.Links;

/// <summary>What runs over a link. The link calls it; circuits implement it.</summary>
public abstract class LinkTraffic
{
    /// <summary>Takes the cells of one record. On the link's reading task.</summary>
    /// <param name="cells">1 to 8 whole cells; may be altered in place, valid only during the call.</param>
    /// <returns><see cref="CloseReason.None"/>, or why the link must close.</returns>
    public abstract CloseReason OnCells(Span<byte> cells);

    /// <summary>Fills in the next cells to send. On the link's writing task.</summary>
    /// <param name="cells">Room for 8 cells.</param>
    /// <returns>Number of cells written, 0 when there is nothing to send.</returns>
    public abstract int Fill(Span<byte> cells);

    /// <summary>The link is closed; neither of the other methods is called again. Once.</summary>
    public abstract void OnClosed(CloseReason reason);
}
