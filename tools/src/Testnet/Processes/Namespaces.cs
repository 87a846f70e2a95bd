using Veil.Tools.Testnet.Planning;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Processes;

/// <summary>
/// One network namespace per node, each with one end of a veth pair whose other end is in a bridge. The bridge lives in
/// a namespace of its own: the host's interfaces, routes and firewall are not touched.
/// </summary>
internal static class Namespaces
{
    private const string Folder = "/run/netns";
    private const int PrefixBits = 24;

    // In a node's own namespace only; any number that the kernel does not use itself.
    private const int ReturnTable = 100;

    // The kernel gives an interface no IPv6 address then, and so asks nobody about addresses and routers.
    private const string NoIPv6 = "addrgenmode none";

    /// <summary>Whether this process may make namespaces.</summary>
    /// <exception cref="TestnetFailure">It may not.</exception>
    internal static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "needs_root",
                "--netns makes network namespaces, which only root may",
                "run it as root, or leave out --netns: nodes then have addresses of 127.0.0.0/8");
        }
    }

    /// <summary>Makes all namespaces of a plan; each is in the journal before it is made.</summary>
    /// <exception cref="IOException">The system refused, or there is no ip command.</exception>
    internal static async Task CreateAsync(NetworkPlan plan, Journal journal, CancellationToken cancellationToken)
    {
        var bridge = plan.BridgeNamespace!;
        foreach (var name in plan.Nodes.Select(node => node.Netns!).Prepend(bridge))
        {
            journal.Write(new JournalLine(JournalLine.NamespaceEvent) { Name = name });
            await IpAsync(plan.Id, ["netns", "add", name], [], cancellationToken);
        }

        await IpAsync(
            plan.Id,
            ["-n", bridge, "-batch", "-"],
            ["link add br0 type bridge", $"link set br0 {NoIPv6}", "link set br0 up"],
            cancellationToken);
        await IpAsync(
            plan.Id,
            ["-batch", "-"],
            plan.Nodes.Select((node, index) =>
                $"link add eth0 netns {node.Netns} type veth peer name v{index} netns {bridge}"),
            cancellationToken);
        await IpAsync(
            plan.Id,
            ["-n", bridge, "-batch", "-"],
            plan.Nodes.SelectMany((_, index) =>
                new[] { $"link set v{index} {NoIPv6}", $"link set v{index} master br0 up" }),
            cancellationToken);
        foreach (var node in plan.Nodes)
        {
            await IpAsync(plan.Id, ["-n", node.Netns!, "-batch", "-"], Inside(node), cancellationToken);
        }
    }

    /// <summary>Removes all namespaces of a network that are there.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    internal static async Task<int> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var names = Of(id);
        foreach (var name in names)
        {
            await IpAsync(id, ["netns", "delete", name], [], cancellationToken);
        }

        return names.Count;
    }

    /// <summary>The namespaces of a network that are there now.</summary>
    internal static IReadOnlyList<string> Of(string id) =>
        System.IO.Directory.Exists(Folder)
            ? [.. System.IO.Directory.EnumerateFiles(Folder, NetworkPlanner.NamespacePrefix(id) + "*")
                .Select(path => Path.GetFileName(path))]
            : [];

    private static IEnumerable<string> Inside(NodePlan node)
    {
        yield return "link set lo up";
        yield return $"address add {node.Address}/{PrefixBits} dev eth0";
        yield return $"link set eth0 {NoIPv6}";
        yield return "link set eth0 up";
        if (node.ForwarderCommand is not null)
        {
            // The forwarder speaks to the node in the peers' names: what the node answers stays in the namespace.
            yield return $"rule add ipproto tcp sport {node.ListenPort} lookup {ReturnTable}";
            yield return $"route add local default dev lo table {ReturnTable}";
        }
    }

    private static async Task IpAsync(
        string id,
        string[] arguments,
        IEnumerable<string> lines,
        CancellationToken cancellationToken)
    {
        var result = await Step.RunAsync(
            id, ["ip", .. arguments], string.Join('\n', lines) + "\n", cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new IOException($"ip {string.Join(' ', arguments)}: {result.Complaint}");
        }
    }
}
