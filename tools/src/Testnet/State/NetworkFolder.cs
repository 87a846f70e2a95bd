using System.Text.Json;

namespace Veil.Tools.Testnet.State;

/// <summary>The folder of a test network and the files in it that are this tool's.</summary>
internal sealed class NetworkFolder
{
    // A Unix socket's path has 107 bytes (unix(7)).
    private const int MaxSocketPathBytes = 107;
    private const string LongestSocket = "authority100/control.sock";

    internal NetworkFolder(string folder)
    {
        Path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        Journal = new Journal(At("testnet.journal"));
    }

    /// <summary>Absolute.</summary>
    internal string Path { get; }

    /// <summary>What was done.</summary>
    internal Journal Journal { get; }

    /// <summary>The network file that nodes read.</summary>
    internal string NetworkFile => At("network.json");

    private string NetFile => At("net.json");

    /// <summary>A path in the folder.</summary>
    internal string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the folder; it must be absent or empty.</summary>
    /// <exception cref="TestnetFailure">It is not, or its path is too long.</exception>
    internal void Create()
    {
        if (File.Exists(Path) || (System.IO.Directory.Exists(Path)
            && System.IO.Directory.EnumerateFileSystemEntries(Path).Any()))
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "not_empty",
                $"{Path} is not empty",
                $"give a folder that is empty or does not exist; for a network that was there: "
                + $"tools/testnet down {Path} && rm -r {Path}");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(At(LongestSocket)) > MaxSocketPathBytes)
        {
            throw new TestnetFailure(
                ExitCodes.Failed,
                "path_too_long",
                $"the path of {Path} is too long for the sockets of the nodes in it",
                "give a shorter one, for example under /tmp");
        }

        System.IO.Directory.CreateDirectory(Path);
    }

    /// <summary>The plan of the network that was made here.</summary>
    /// <exception cref="TestnetFailure">None was.</exception>
    internal NetworkPlan Plan() =>
        Journal.Read().Select(line => line.Plan).FirstOrDefault(plan => plan is not null)
        ?? throw new TestnetFailure(
            ExitCodes.NotFound,
            "no_network",
            $"there is no test network in {Path}",
            $"make one: tools/testnet up {Path}");

    /// <summary>Writes net.json so that readers see the old one or the new one, whole.</summary>
    internal string WriteNet(NetworkPlan plan, Func<NodePlan, int> pidOf)
    {
        var document = new NetDocument(
            NetworkFile,
            plan.Id,
            plan.EpochSeconds,
            plan.LatencySeconds,
            [.. plan.Nodes.Select(node => node.ToNet(pidOf(node)))]);
        var text = JsonSerializer.Serialize(document, TestnetJson.Default.NetDocument);
        var fresh = $"{NetFile}.{Environment.ProcessId}";
        File.WriteAllText(fresh, text + "\n");
        File.Move(fresh, NetFile, overwrite: true);
        return text;
    }

    /// <summary>Whether net.json was written: `up` came to its end.</summary>
    internal bool HasNet => File.Exists(NetFile);
}
