using System.Diagnostics;

namespace Veil.Tools.Testnet.Processes;

/// <summary>What a process of a test network is.</summary>
internal enum Part
{
    /// <summary>A node: `veil run`.</summary>
    Node,

    /// <summary>The forwarder in front of a node.</summary>
    Forwarder,

    /// <summary>A command that prepares or asks something and ends by itself.</summary>
    Step,
}

/// <summary>
/// The mark that every process of a test network carries in its environment. Processes are found by it, never by a
/// remembered number: a number may belong to somebody else by then.
/// </summary>
/// <param name="Network">The network's id.</param>
/// <param name="Part">What the process is.</param>
/// <param name="Node">The node that it belongs to; empty when it belongs to the whole network.</param>
internal sealed record Tag(string Network, Part Part, string Node)
{
    private const string NetworkVariable = "VEIL_TESTNET";
    private const string PartVariable = "VEIL_TESTNET_PART";
    private const string NodeVariable = "VEIL_TESTNET_NODE";
    private const string Prefix = "VEIL_";

    /// <summary>Reads the mark from an environment as /proc shows it; null when there is none.</summary>
    internal static Tag? Of(string environment)
    {
        string? network = null, part = null, node = null;
        foreach (var entry in environment.Split('\0'))
        {
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            if (at < 0 || !entry.StartsWith(NetworkVariable, StringComparison.Ordinal))
            {
                continue;
            }

            var value = entry[(at + 1)..];
            switch (entry[..at])
            {
                case NetworkVariable: network = value; break;
                case PartVariable: part = value; break;
                case NodeVariable: node = value; break;
            }
        }

        return network is not null && Enum.TryParse<Part>(part, ignoreCase: true, out var known)
            ? new Tag(network, known, node ?? "")
            : null;
    }

    /// <summary>
    /// Marks a process that is about to start, and takes from it the settings meant for the user's own node.
    /// </summary>
    internal void Mark(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment[NetworkVariable] = Network;
        start.Environment[PartVariable] = Part.ToString().ToLowerInvariant();
        start.Environment[NodeVariable] = Node;
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
        {
            // The executables look for the runtime where this process has found it.
            var real = File.ResolveLinkTarget(Environment.ProcessPath!, returnFinalTarget: true)?.FullName;
            start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(real ?? Environment.ProcessPath!);
        }
    }
}
