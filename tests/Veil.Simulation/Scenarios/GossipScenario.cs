using Veil.Simulation.Network;

namespace Veil.Simulation.Scenarios;

/// <summary>
/// A toy that proves the kit, not the product: a rumour spreads by push and pull over short connections, while the
/// seed kills hosts and parts others. Safety: nobody hears what nobody said. Liveness: all who live hear it in time.
/// </summary>
internal static class GossipScenario
{
    // Push and pull informs n hosts in about log2(n) + log2(log2(n)) rounds of half a second; faults last 20 s.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan FaultDuration = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private const int OneInKilled = 50;
    private const int OneInParted = 10;

    internal static Scenario Create() => new(
        "gossip",
        "a rumour spreads among hosts that are killed and parted (a toy: proves the simulation itself)",
        DefaultNodes: 100,
        PlayAsync);

    private static async Task PlayAsync(ScenarioWorld world)
    {
        world.Require(world.Nodes >= 2, "gossip needs two nodes or more");
        var rumour = world.Kernel.Decisions.NextUInt64() | 1;
        var nodes = Build(world);
        nodes[0].Tell(rumour);
        await Task.Delay(CheckInterval, world.Kernel.Root.Time);
        Break(world, nodes);
        while (!nodes.TrueForAll(node => node.IsStopped || node.Known == rumour))
        {
            world.Require(
                nodes.TrueForAll(node => node.Known == 0 || node.Known == rumour),
                "nobody hears what nobody said");
            world.Require(world.Kernel.Elapsed < Deadline, "all who live hear the rumour in time");
            await Task.Delay(CheckInterval, world.Kernel.Root.Time);
        }
    }

    private static List<GossipNode> Build(ScenarioWorld world)
    {
        var transports = new List<HostTransport>();
        for (var index = 0; index < world.Nodes; index++)
            transports.Add(world.Network.AddHost($"n{index}", ScenarioWorld.AddressOf(index)));
        return transports.ConvertAll(transport => new GossipNode(world.Kernel, transport, transports));
    }

    private static void Break(ScenarioWorld world, List<GossipNode> nodes)
    {
        var decisions = world.Kernel.Decisions;
        for (var count = world.Nodes / OneInKilled; count > 0; count--)
        {
            // The first one is spared: it may still be the only one who knows.
            var victim = nodes[1 + decisions.NextIndex(nodes.Count - 1)];
            if (!victim.IsStopped)
                world.Network.Kill(victim.Transport);
        }
        for (var count = world.Nodes / OneInParted; count > 0; count--)
        {
            var from = nodes[decisions.NextIndex(nodes.Count)].Transport;
            var to = nodes[decisions.NextIndex(nodes.Count)].Transport;
            if (!ReferenceEquals(from, to))
                world.Network.Clog(from, to, decisions.NextTime(CheckInterval, FaultDuration));
        }
    }
}
