using Veil.Tools.Testnet.Planning;
using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;
using Veil.Wire.Seams;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Makes a network and leaves it running; or leaves nothing running.</summary>
internal sealed class UpCommand(NetworkFolder folder, DecisionSource decisions, TimeProvider time)
{
    /// <summary>Makes it.</summary>
    /// <returns>The content of net.json.</returns>
    /// <exception cref="TestnetFailure">It could not be made; nothing of it runs.</exception>
    internal async Task<string> RunAsync(NetworkShape shape, CancellationToken cancellationToken)
    {
        shape.Check();
        if (shape.Netns)
        {
            Namespaces.RequireRoot();
        }

        folder.Create();
        var since = time.GetTimestamp();
        using var timer = new CancellationTokenSource(shape.Limit, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var id = decisions.NextBelow(1UL << 32).ToString("x8");
        folder.Journal.Write(new JournalLine(JournalLine.NetworkEvent)
        {
            Id = id,
            ToolPid = Environment.ProcessId,
            ToolStart = ProcessTable.StartOf(Environment.ProcessId),
        });
        try
        {
            var text = await MakeAsync(shape, id, deadline.Token);
            Voice.Say($"ready after {time.GetElapsedTime(since).TotalSeconds:0.0} s");
            return text;
        }
        catch (Exception fault)
        {
            // Whatever it was: nothing stays behind.
            Voice.Say("stopping what was started");
            await new Sweeper(folder, time).RunAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            if (fault is not OperationCanceledException)
            {
                throw;
            }

            throw new TestnetFailure(
                ExitCodes.Failed,
                "too_slow",
                $"no network after {shape.Limit.TotalSeconds} s",
                $"see the files in {folder.Path}");
        }
    }

    private async Task<string> MakeAsync(NetworkShape shape, string id, CancellationToken deadline)
    {
        var plan = await new NetworkPlanner(shape, folder, decisions).PlanAsync(id, deadline);
        folder.Journal.Write(new JournalLine(JournalLine.PlanEvent) { Plan = plan });
        var veil = new VeilProgram(plan.Veil, plan.Id);
        await veil.NewNetworkAsync(folder, plan, deadline);
        if (shape.Netns)
        {
            Voice.Say($"making {plan.Nodes.Count + 1} network namespaces");
            await Namespaces.CreateAsync(plan, folder.Journal, deadline);
        }

        var starter = new NodeStarter(plan, folder.Journal, time);
        foreach (var node in plan.Nodes.Where(node => node.ForwarderCommand is not null))
        {
            starter.Start(node, Part.Forwarder);
        }

        // A node that finds no forwarder on an authority's address would wait before it asks again.
        await starter.WaitAsync(deadline);
        Voice.Say($"starting {plan.Nodes.Count} nodes");
        foreach (var node in plan.Nodes)
        {
            deadline.ThrowIfCancellationRequested();
            starter.Start(node, Part.Node);
        }

        await starter.WaitAsync(deadline);
        var gateways = plan.Nodes.Where(node => node.SocksPort != 0).ToList();
        Voice.Say("all nodes are ready" + (gateways.Count > 0 ? "; trying whether every gateway can fetch" : ""));
        await new FetchCheck(veil, folder, decisions, time).RunAsync(gateways, deadline);
        var text = folder.WriteNet(plan, starter.PidOf);
        folder.Journal.Write(new JournalLine(JournalLine.ReadyEvent));
        return text;
    }
}
