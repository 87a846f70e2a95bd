using System.Diagnostics;
using Veil.Wire.Cells;

namespace Veil.Circuits.Onion;

/// <summary>What the layers of a backward cell led to.</summary>
internal enum OpenedKind
{
    /// <summary>A tag was wrong, or a branch number cannot be.</summary>
    Refused,

    /// <summary>A message of the hop that is named.</summary>
    Message,

    /// <summary>A layer of the branch that is named.</summary>
    Branch,
}

/// <summary>
/// The layers of a client's circuit (spec/cell.md, section 3). Cells are composed at the place that the innermost layer
/// takes in the cell, and sealed outwards in place.
/// </summary>
internal sealed class ClientOnion : IDisposable
{
    // The only branch of every hop but the last.
    private const ushort TrunkBranch = 1;

    private HopCiphers[] _hops = [];
    private int _disposed;

    /// <summary>Hops so far.</summary>
    internal int Count => Volatile.Read(ref _hops).Length;

    /// <summary>Adds the next hop. One task at a time.</summary>
    internal void Add(HopCiphers hop)
    {
        Debug.Assert(hop.Position == Count + 1, "hops are added in order");
        Interlocked.Exchange(ref _hops, [.. _hops, hop]);
        if (Volatile.Read(ref _disposed) != 0)
        {
            // The circuit closed while the hop answered.
            hop.Dispose();
        }
    }

    /// <summary>Where the message to <paramref name="position"/> is composed.</summary>
    internal static Span<byte> Room(Span<byte> cell, int position) =>
        Layer(cell, position)[CellLayout.BranchBytes..(CellLayout.CiphertextBytes(position) - CellLayout.TagBytes)];

    /// <summary>Seals the message that stands in the cell for hop <paramref name="position"/>. Writing task.</summary>
    internal bool TrySeal(Lane lane, Span<byte> cell, int position)
    {
        var hops = Volatile.Read(ref _hops);
        Span<byte> layer = Layer(cell, position);
        HopCiphers.WriteBranch(layer, 0);
        return hops[position - 1].TrySeal(lane, layer, layer) && TrySealOutwards(hops, lane, cell, position - 1,
            TrunkBranch);
    }

    /// <summary>Seals the message that stands in the cell for the end of a branch. Writing task.</summary>
    internal bool TrySeal(Lane lane, Span<byte> cell, HopCiphers end, ushort branch)
    {
        var hops = Volatile.Read(ref _hops);
        Span<byte> layer = Layer(cell, end.Position);
        HopCiphers.WriteBranch(layer, 0);
        return end.TrySeal(lane, layer, layer) && TrySealOutwards(hops, lane, cell, hops.Length, branch);
    }

    /// <summary>Opens a backward cell as far as the trunk goes. Reading task.</summary>
    /// <param name="lane">The cell's lane.</param>
    /// <param name="cell">The cell, opened in place.</param>
    /// <param name="number">The hop whose message it is, or the branch whose layer it is.</param>
    /// <param name="rest">The message's room, or the branch's layer.</param>
    internal OpenedKind Open(Lane lane, Span<byte> cell, out int number, out Span<byte> rest)
    {
        var hops = Volatile.Read(ref _hops);
        rest = cell[CellLayout.HeaderBytes..];
        number = 0;
        foreach (var hop in hops)
        {
            if (!hop.TryOpenInPlace(lane, rest))
            {
                return OpenedKind.Refused;
            }

            ushort branch = HopCiphers.ReadBranch(rest);
            rest = rest[CellLayout.BranchBytes..];
            if (branch == 0)
            {
                number = hop.Position;
                rest = rest[..(hop.PlaintextBytes - CellLayout.BranchBytes)];
                return OpenedKind.Message;
            }

            if (hop.Position == hops.Length)
            {
                number = branch;
                return OpenedKind.Branch;
            }

            if (branch != TrunkBranch)
            {
                return OpenedKind.Refused;
            }
        }

        return OpenedKind.Refused;
    }

    /// <summary>Wipes all keys. Any thread.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _disposed, 1);
        foreach (var hop in Volatile.Read(ref _hops))
        {
            hop.Dispose();
        }
    }

    private static Span<byte> Layer(Span<byte> cell, int position) =>
        cell[(CellLayout.HeaderBytes + ((position - 1) * CellLayout.BranchBytes))..];

    private static bool TrySealOutwards(HopCiphers[] hops, Lane lane, Span<byte> cell, int position, ushort branch)
    {
        for (; position >= 1; position--)
        {
            Span<byte> layer = Layer(cell, position);
            HopCiphers.WriteBranch(layer, branch);
            if (!hops[position - 1].TrySeal(lane, layer, layer))
            {
                return false;
            }

            branch = TrunkBranch;
        }

        return true;
    }
}
