using Veil.Circuits.Cells;
using Veil.Circuits.Legs;
using Veil.Wire.Cells;

namespace Veil.Circuits.Relaying;

/// <summary>
/// What a branching hop counts of one branch (spec/circuit.md, section 4): how much the client may send into it, and
/// who is charged for the cells that wait: the budget while it has room, so that a slow store stops its branch only,
/// else the trunk until they leave.
/// </summary>
internal sealed class BranchAccount(CircuitOptions options, CellPool pool)
{
    private readonly BranchWindow _window = new(options, pool);
    private int _charge;
    private int _deferredData;
    private int _deferredControl;

    /// <summary>Whether the client may send this cell. Reading task of the circuit's leg.</summary>
    /// <param name="lane">Of the cell.</param>
    /// <param name="waiting">Control cells that wait for the next hop.</param>
    internal bool TryAccept(Lane lane, int waiting) =>
        lane == Lane.Data ? _window.TryAccept() : waiting < options.BranchControlQueue;

    /// <summary>A cell begins to wait. Reading task of the circuit's leg.</summary>
    internal void Charge(Lane lane, Leg trunk)
    {
        if (pool.TryReserve(1))
        {
            Interlocked.Increment(ref _charge);
            trunk.Consumed(lane);
        }
        else
        {
            Interlocked.Increment(ref Deferred(lane));
        }
    }

    /// <summary>A cell left for the next hop; true when a grant is due. Writing task of the branch's leg.</summary>
    internal bool Leave(Lane lane, Leg trunk)
    {
        if (TryLower(ref Deferred(lane)))
        {
            trunk.Consumed(lane);
        }
        else if (TryLower(ref _charge))
        {
            pool.Release(1);
        }

        return lane == Lane.Data && _window.CountLeft();
    }

    /// <summary>Once closed: gives back what the cells that stay behind were charged with. Any thread,
    /// idempotent.</summary>
    internal void Settle(Leg trunk)
    {
        pool.Release(Interlocked.Exchange(ref _charge, 0));
        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Data, Lane.Control])
        {
            for (int left = Interlocked.Exchange(ref Deferred(lane), 0); left > 0; left--)
            {
                trunk.Consumed(lane);
            }
        }
    }

    /// <summary>What can be granted now, a quantum at least; 0 when less. Writing task of the circuit's leg.</summary>
    internal ushort TakeGrant() => _window.TakeGrant();

    // Cells of the lane that stay charged to the trunk until they leave.
    private ref int Deferred(Lane lane) => ref lane == Lane.Data ? ref _deferredData : ref _deferredControl;

    // Several tasks may settle at once; whoever finds nothing left is late.
    private static bool TryLower(ref int count)
    {
        while (Volatile.Read(ref count) is > 0 and var seen)
        {
            if (Interlocked.CompareExchange(ref count, seen - 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }
}
