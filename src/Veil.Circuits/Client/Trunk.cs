using Veil.Circuits.Streams;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>One trunk of a group, and which ends it was used for. Guarded by its group's lock.</summary>
internal sealed class Trunk(ClientCircuit circuit, long builtAt)
{
    private readonly HashSet<RelayId> _ends = [];
    private bool _retired;
    private long _heard;
    private long? _silentSince;
    private bool _probed;

    internal ClientCircuit Circuit => circuit;

    /// <summary>Branches that are being added.</summary>
    internal int Pending { get; set; }

    internal int Load => circuit.BranchCount + Pending;

    internal bool IsIdle => Load == 0;

    /// <summary>Takes no new branches any more: it did not answer.</summary>
    internal void Retire() => _retired = true;

    internal bool IsFresh(TimeProvider time, TimeSpan maxAge) =>
        !_retired && !circuit.IsClosed && time.GetElapsedTime(builtAt) < maxAge;

    /// <summary>Whether it may have a branch to a relay, none of whose <c>Apart</c> may be a hop.</summary>
    internal bool Fits((RelayId Relay, IReadOnlySet<RelayId> Apart) end, TrunkOptions options, int maxBranches) =>
        Load < maxBranches
        && !circuit.Path.Any(end.Apart.Contains)
        && (_ends.Contains(end.Relay) || _ends.Count < options.MaxEnds);

    internal void Visit(RelayId end) => _ends.Add(end);

    /// <summary>
    /// Looks whether it still carries anything (spec/circuit.md, section 6): where an answer is awaited and nothing has
    /// come for a while, the third hop is asked for a sign of life; false when none came.
    /// </summary>
    internal bool IsAlive(TimeProvider time, TrunkOptions options)
    {
        long heard = circuit.Heard;
        if (heard != _heard || circuit.Awaited == 0 || _silentSince is not { } since)
        {
            (_heard, _silentSince, _probed) = (heard, time.GetTimestamp(), false);
            return true;
        }

        var silent = time.GetElapsedTime(since);
        if (!_probed && silent >= options.ProbeAfter)
        {
            _probed = true;
            Probe();
        }

        return silent < options.SilenceLimit;
    }

    // Nobody offers this service: the third hop answers by RESET, however busy the ends of the branches are.
    private void Probe()
    {
        try
        {
            circuit.Open(ServiceId.None);
        }
        catch (StreamResetException)
        {
            // It is closed, or has so many streams at its third hop that it is asked often enough.
        }
    }
}
