using System.Text.Json;
using Veil.Tools.Testnet.Processes;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>The veil program's commands that a test network needs.</summary>
internal sealed class VeilProgram(string path, string network)
{
    /// <summary>Makes the network file and the authorities' keys.</summary>
    /// <exception cref="TestnetFailure">It could not.</exception>
    internal async Task NewNetworkAsync(NetworkFolder folder, NetworkPlan plan, CancellationToken cancellationToken)
    {
        // It wants a folder of its own; the journal is in this one already.
        var made = folder.At("new");
        List<string> command =
        [
            path, "network", "new", made, "--lab", "--name", $"testnet-{plan.Id}",
            "--epoch", plan.EpochSeconds.ToString(),
        ];
        foreach (var node in plan.Nodes.Where(node => node.Roles.Contains(NodeRole.Authority)))
        {
            command.AddRange(["--authority", $"{node.Name}={node.Address}:{node.LinkPort}"]);
        }

        var result = await Step.RunAsync(network, command, "", cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "no_network_file",
                $"veil network new failed: {result.Complaint}",
                $"try it by hand: {string.Join(' ', command)}");
        }

        foreach (var entry in System.IO.Directory.EnumerateFileSystemEntries(made))
        {
            System.IO.Directory.Move(entry, folder.At(Path.GetFileName(entry)));
        }

        System.IO.Directory.Delete(made);
    }

    /// <summary>Publishes a file through a node.</summary>
    /// <returns>The key; null and the reason when it failed.</returns>
    internal async Task<(string? Key, string Reason)> AddAsync(
        NodePlan node,
        string file,
        CancellationToken cancellationToken)
    {
        var result = await Step.RunAsync(
            network, [path, "add", file, "--data", node.Data, "--json"], "", cancellationToken);
        return result.ExitCode == 0 ? (Text(result.Output, "key"), "it gave no key") : (null, result.Complaint);
    }

    /// <summary>Fetches a file through a node.</summary>
    /// <returns>Null when it is there, else the reason.</returns>
    internal async Task<string?> GetAsync(
        NodePlan node,
        string key,
        string file,
        CancellationToken cancellationToken)
    {
        var result = await Step.RunAsync(
            network, [path, "get", key, "-o", file, "--data", node.Data, "--json"], "", cancellationToken);
        return result.ExitCode == 0 ? null : result.Complaint;
    }

    /// <summary>What a node says of itself; null when it does not answer.</summary>
    internal async Task<string?> StateAsync(NodePlan node, CancellationToken cancellationToken)
    {
        var result = await Step.RunAsync(
            network, [path, "status", "--data", node.Data, "--json"], "", cancellationToken);
        return result.ExitCode == 0 ? Text(result.Output, "state") : null;
    }

    private static string? Text(string json, string field)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty(field, out var value) ? value.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
