using Veil.Circuits.Client;
using Veil.Directory.Paths;
using Veil.Noise.Seams;
using Veil.Tests.Directory;
using Veil.Tests.Rig;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Tests.Circuits;

/// <summary>What a client knows of the relays of a <see cref="RelayRig"/>.</summary>
internal static class RiggedView
{
    /// <summary>A time at which the consensus holds; made before any timer is set, which would fire all the way.
    /// </summary>
    public static ManualTime Time()
    {
        var time = new ManualTime();
        time.Advance(DirectoryRig.Network(lab: true).StartOf(DirectoryRig.Epoch) - time.GetUtcNow());
        return time;
    }

    /// <summary>Knows all of them, each a guard but for the last ones, which are exits.</summary>
    public static NetworkView Of(RelayRig rig, ManualTime time, int exits = 0)
    {
        var view = Empty(time);
        view.Update(DirectoryRig.ConsensusOf(rig.Relays.Select((relay, index) => DirectoryRig.Entry(index) with
        {
            Identity = relay.Place.Id,
            LinkKey = relay.Place.Address.Target.LinkKey,
            OnionKey = relay.Place.Hop.OnionKey,
            Address = DirectoryRig.Address(relay.Place.Address.EndPoint.ToString()!),
            Flags = RelayFlags.Relay | (index < rig.Relays.Count - exits ? RelayFlags.Guard : RelayFlags.Exit),
        })));
        return view;
    }

    /// <summary>Knows none.</summary>
    public static NetworkView Empty(ManualTime time)
    {
        var decisions = new SystemDecisionSource();
        return new NetworkView(
            decisions, time, new GuardSet(GuardRules.Default, decisions), new VanguardSet(decisions));
    }
}
