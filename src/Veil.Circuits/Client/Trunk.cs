using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>One trunk of a group, and which ends it was used for. Guarded by its group's lock.</summary>
internal sealed class Trunk(ClientCircuit circuit, long builtAt)
{
    private readonly HashSet<RelayId> _ends = [];
    private bool _retired;

    internal ClientCircuit Circuit => circuit;

    /// <summary>Branches that are being added.</summary>
    internal int Pending { get; set; }

    internal int Load => circuit.BranchCount + Pending;

    internal bool IsIdle => Load == 0;

    /// <summary>Takes no new branches any more: it did not answer.</summary>
    internal void Retire() => _retired = true;

    internal bool IsFresh(TimeProvider time, TrunkOptions options) =>
        !_retired && !circuit.IsClosed && time.GetElapsedTime(builtAt) < options.MaxAge;

    internal bool Fits(RelayId end, TrunkOptions options, int maxBranches) =>
        Load < maxBranches
        && !circuit.Path.Contains(end)
        && (_ends.Contains(end) || _ends.Count < options.MaxEnds);

    internal void Visit(RelayId end) => _ends.Add(end);
}
