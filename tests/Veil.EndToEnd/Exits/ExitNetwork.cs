using System.Globalization;
using System.Net;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>
/// A network with two exits, which, where the tests may mount, know a name for 127.0.0.1 that nobody else on this
/// machine knows: whoever reaches it was led there by an exit.
/// </summary>
public sealed class ExitNetwork : IAsyncLifetime
{
    private const string SecretName = "web.veil-test.example";
    private const string Gateway = "gateway1";

    // The exit asks for the whole name, with its dot (spec/exit.md, section 5).
    private const string WithHosts =
        """
        set -e
        mount --bind "$1" /etc/hosts
        shift
        exec "$@"
        """;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-exits-");
    private RunningTestnet? _network;

    /// <summary>What leads to 127.0.0.1 from an exit: a name, or without mounts the address.</summary>
    internal string Host { get; private set; } = IPAddress.Loopback.ToString();

    /// <summary>Where the gateway's SOCKS port is.</summary>
    internal string Socks =>
        $"127.0.0.1:{_network!.Node(Gateway).GetProperty("ports").GetProperty("socks").GetInt32()}";

    /// <summary>The port alone.</summary>
    internal int SocksPort => int.Parse(Socks.Split(':')[1], CultureInfo.InvariantCulture);

    /// <summary>The addresses that exits connect from.</summary>
    internal IPAddress[] Exits =>
        [.. _network!.Net.GetProperty("nodes").EnumerateArray()
            .Where(node => node.GetProperty("roles").EnumerateArray().Any(role => role.GetString() == "exit"))
            .Select(node => IPAddress.Parse(node.GetProperty("address").GetString()!))];

    /// <summary>A new folder, gone with the network.</summary>
    internal string NewFolder(string name) => _folder.CreateSubdirectory(name).FullName;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var hosts = Path.Combine(_folder.FullName, "hosts");
        await File.WriteAllTextAsync(hosts, $"127.0.0.1 localhost\n127.0.0.1 {SecretName}.\n");
        string[] inside = ["unshare", "--mount", "sh", "-c", WithHosts, "sh", hosts];
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && (await ToolProcess.RunProgramAsync(inside[0], [.. inside[1..], "true"])).ExitCode == 0)
        {
            Host = SecretName;
        }
        else
        {
            inside = [];
        }

        _network = new RunningTestnet
        {
            Shape = ["--authorities", "3", "--relays", "6", "--stores", "1", "--exits", "2"],
            Inside = inside,
        };
        await _network.InitializeAsync();
        TestContext.Current.SendDiagnosticMessage("servers are reached as {0}", Host);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
