using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Faults for one node of a running network, and the end of them.</summary>
internal sealed class NodeControl(NetworkFolder folder, TimeProvider time)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(10);

    private readonly NetworkPlan _plan = folder.Plan();

    /// <summary>Ends a node as a power cut does, and waits until it is gone.</summary>
    /// <exception cref="TestnetFailure">There is no such node, or it does not run.</exception>
    internal async Task KillAsync(string name, CancellationToken cancellationToken)
    {
        var node = Running(_plan.Node(name));
        Signals.Send(node, Signals.Kill);
        while (ProcessTable.At(node.Pid)?.Tag == node.Tag)
        {
            await Task.Delay(_pause, time, cancellationToken);
        }
    }

    /// <summary>Stops a node's process, which keeps its connections, or lets it go on.</summary>
    /// <exception cref="TestnetFailure">There is no such node, or it does not run.</exception>
    internal async Task FreezeAsync(string name, bool frozen, CancellationToken cancellationToken)
    {
        var node = Running(_plan.Node(name));
        Signals.Send(node, frozen ? Signals.Stop : Signals.Continue);
        while (ProcessTable.At(node.Pid) is { } now && now.Tag == node.Tag && now.Frozen != frozen)
        {
            await Task.Delay(_pause, time, cancellationToken);
        }
    }

    /// <summary>Starts a node again as it was started, and waits until it serves.</summary>
    /// <returns>Its process number.</returns>
    /// <exception cref="TestnetFailure">There is no such node, it runs already, or it does not come up.</exception>
    internal async Task<int> StartAsync(string name, CancellationToken cancellationToken)
    {
        var node = _plan.Node(name);
        if (ProcessTable.Find(_plan.Id, Part.Node, name) is { } running)
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "running",
                $"{name} runs already, as process {running.Pid}",
                running.Frozen ? $"it is frozen: tools/testnet thaw {folder.Path} {name}" : "kill it first");
        }

        if (node.Netns is not null && !Namespaces.Of(_plan.Id).Contains(node.Netns))
        {
            throw new TestnetFailure(
                ExitCodes.NotRunning, "stopped", "this network was stopped", "make another one in another folder");
        }

        using var timer = new CancellationTokenSource(_limit, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var starter = new NodeStarter(_plan, folder.Journal, time);
        if (node.ForwarderCommand is not null && ProcessTable.Find(_plan.Id, Part.Forwarder, name) is null)
        {
            starter.Start(node, Part.Forwarder);
        }

        starter.Start(node, Part.Node);
        try
        {
            await starter.WaitAsync(deadline.Token);
        }
        catch (TestnetFailure) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        if (folder.HasNet)
        {
            folder.WriteNet(_plan, other => ProcessTable.Find(_plan.Id, Part.Node, other.Name)?.Pid ?? 0);
        }

        return starter.PidOf(node);
    }

    /// <summary>Every node as it is now.</summary>
    internal async Task<StatusDocument> StatusAsync(CancellationToken cancellationToken)
    {
        // A few at a time: each answer costs a process.
        const int AtATime = 4;
        var processes = ProcessTable.Of(_plan.Id).Where(process => process.Tag.Part == Part.Node)
            .DistinctBy(process => process.Tag.Node).ToDictionary(process => process.Tag.Node);
        List<NodeStatus> nodes = [];
        foreach (var some in _plan.Nodes.Chunk(AtATime))
        {
            nodes.AddRange(await Task.WhenAll(some.Select(async node =>
            {
                var process = processes.GetValueOrDefault(node.Name);
                var state = await StateAsync(node, process, cancellationToken);
                return new NodeStatus(node.Name, node.Roles, process?.Pid, process is not null, state);
            })));
        }

        return new StatusDocument(folder.NetworkFile, _plan.Id, nodes);
    }

    private async Task<string> StateAsync(
        NodePlan node,
        RunningProcess? process,
        CancellationToken cancellationToken)
    {
        if (process is null or { Frozen: true })
        {
            return process is null ? "dead" : "frozen";
        }

        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await new VeilProgram(_plan.Veil, _plan.Id).StateAsync(node, deadline.Token) ?? "silent";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "silent";
        }
    }

    private RunningProcess Running(NodePlan node) =>
        ProcessTable.Find(_plan.Id, Part.Node, node.Name)
        ?? throw new TestnetFailure(
            ExitCodes.NotRunning,
            "not_running",
            $"{node.Name} does not run",
            $"start it: tools/testnet start {folder.Path} {node.Name}");
}
