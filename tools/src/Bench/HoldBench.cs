using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Links.Handshake;
using Veil.Links.Tasks;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Bench;

/// <summary>
/// How many circuits one relay holds: a lab network of <c>veil run</c> processes, and a process that builds circuits of
/// two hops whose first is always the same relay. <c>--circuits N</c> (default 20,000), <c>--seconds N</c> that they
/// are held idle (default 30). The relay's own status is the witness.
/// </summary>
internal sealed class HoldBench(IReadOnlyList<string> options) : IBench
{
    private const string BuildRole = "build";
    private const int CircuitsPerLink = 4_000;
    private const int InFlight = 64;
    private const int MaxRefused = 200;
    private const int KeysPerCircuit = 8;

    private static string Root { get; } = FindRoot();

    /// <inheritdoc/>
    public string Name => "hold";

    /// <inheritdoc/>
    public string Summary => "idle circuits of one relay process: [--circuits 20000] [--seconds 30]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"veil-hold-{Environment.ProcessId}");
        try
        {
            Testnet("up", folder, "--relays", "4", "--stores", "3", "--gateways", "1", "--exits", "0");
            return Measure(folder);
        }
        finally
        {
            if (System.IO.Directory.Exists(folder))
            {
                Testnet("down", folder);
                System.IO.Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <inheritdoc/>
    public async Task PlayAsync(string role, string[] arguments)
    {
        int count = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var held = TimeSpan.FromSeconds(int.Parse(arguments[2], CultureInfo.InvariantCulture));
        if (!NetworkDefinition.TryParse(await File.ReadAllBytesAsync(arguments[0]), out var network, out string? error))
        {
            throw new IOException(error);
        }

        await using var node = await StartClientAsync(network);
        var circuits = await BuildAsync(node, network, (arguments[3], count));
        await Task.Delay(held, TimeProvider.System);
        Console.WriteLine(JsonSerializer.Serialize(circuits.Count(circuit => !circuit.IsClosed)));

        // The parent reads the relay's status once more, and ends this process.
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    private BenchReport Measure(string folder)
    {
        string count = Option("--circuits") ?? "20000";
        string seconds = Option("--seconds") ?? "30";
        using var net = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "net.json")));
        var relay = net.RootElement.GetProperty("nodes").EnumerateArray()
            .First(node => node.GetProperty("name").GetString() == "relay1");
        string data = relay.GetProperty("data").GetString()!;
        int pid = relay.GetProperty("pid").GetInt32();
        var before = StatusOf(data);
        double empty = ResidentOf(pid);
        using var child = new ChildProcess(
            this, BuildRole, Path.Combine(data, "network.json"), count, seconds, before.GetProperty("node_id")
                .GetString()!);
        double built = Number(child.ReadLine());
        var full = StatusOf(data);
        double loaded = ResidentOf(pid);
        double alive = Number(child.ReadLine());
        var idle = StatusOf(data);
        Console.Error.WriteLine($"relay1 counts {idle.GetProperty("counters")}");
        double circuits = idle.GetProperty("circuits").GetDouble() - before.GetProperty("circuits").GetDouble();
        double rested = ResidentOf(pid);
        return new BenchReport(
            Name,
            [
                new Measurement("built", "/s", [double.Parse(count, CultureInfo.InvariantCulture) / built]),
                new Measurement("open at the client", "", [alive]),
                new Measurement("held by the relay", "", [circuits]),
                new Measurement("granted while building", "MiB", [MemoryOf(full)]),
                new Measurement("granted when idle", "MiB", [MemoryOf(idle)]),
                new Measurement("resident, empty", "MiB", [empty]),
                new Measurement("resident, building", "MiB", [loaded]),
                new Measurement("resident, idle", "MiB", [rested]),
                new Measurement("resident a circuit", "KiB", [(rested - empty) * 1024 / Math.Max(circuits, 1)]),
            ],
            CopyRun.Of(new RawBench()).Receiver.MiBPerSecond,
            0,
            new Dictionary<string, double>(),
            new Dictionary<string, double>());
    }

    private string? Option(string name) => options.SkipWhile(option => option != name).Skip(1).FirstOrDefault();

    private static async Task<VeilNode> StartClientAsync(NetworkDefinition network)
    {
        var transport = new TcpTransport();
        var node = new VeilNode(
            new NodeOptions { Name = "holder", Network = network, Roles = NodeRoles.None },
            (null, new KeySlab(16_384)),
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = new SystemDecisionSource(),
                Secrets = new SystemSecretSource(),
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
            });
        await node.StartAsync(CancellationToken.None);
        await node.WaitForNetworkAsync(3, 0, CancellationToken.None);
        return node;
    }

    private static async Task<List<ClientCircuit>> BuildAsync(
        VeilNode node,
        NetworkDefinition network,
        (string Relay, int Count) wanted)
    {
        var relays = node.Consensus!.Relays;
        var guard = relays.First(entry => entry.Identity.Value.ToString() == wanted.Relay);
        var others = relays.Where(entry => entry.Identity != guard.Identity).ToArray();
        var built = new List<ClientCircuit>();
        int refused = 0;
        long start = TimeProvider.System.GetTimestamp();
        while (built.Count < wanted.Count)
        {
            // A client's link holds 4,096 circuits: as many clients as it takes.
            var (context, links) = MakeClient(network);
            int part = Math.Min(CircuitsPerLink, wanted.Count - built.Count);
            for (int done = 0; done < part; done += InFlight)
            {
                var batch = await Task.WhenAll(Enumerable.Range(done, Math.Min(InFlight, part - done)).Select(
                    index => BuildOneAsync(context, links, guard, others[index % others.Length])));
                built.AddRange(batch.OfType<ClientCircuit>());
                refused += batch.Count(circuit => circuit is null);
                if (refused > MaxRefused)
                {
                    throw new IOException($"{refused} circuits were refused after {built.Count}");
                }
            }
        }

        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        return built;
    }

    private static async Task<ClientCircuit?> BuildOneAsync(
        CircuitContext context,
        LinkPool links,
        RelayEntry guard,
        RelayEntry second)
    {
        try
        {
            return await ClientCircuit.BuildAsync(
                context,
                links,
                NetworkView.AddressOf(guard),
                [NetworkView.TargetOf(guard), NetworkView.TargetOf(second)],
                CancellationToken.None);
        }
        catch (CircuitFailedException refusal)
        {
            Console.Error.WriteLine($"bench: {refusal.Message}");
            return null;
        }
    }

    private static (CircuitContext Context, LinkPool Links) MakeClient(NetworkDefinition network)
    {
        var secrets = new SystemSecretSource();
        var slab = new KeySlab(CircuitsPerLink * KeysPerCircuit * 2);
        var context = new CircuitContext(
            new CircuitOptions(),
            network.Id,
            slab,
            new TaskScope(fault => Console.Error.WriteLine(fault)))
        {
            Time = TimeProvider.System,
            Decisions = new SystemDecisionSource(),
            Secrets = secrets,
        };
        var handshake = new LinkHandshake(network.Id, secrets, slab, TimeProvider.System, new());
        return (context, new LinkPool(context, handshake, new TcpTransport(), null));
    }

    private static double MemoryOf(JsonElement status) =>
        status.GetProperty("memory").GetProperty("used").GetDouble() / 1048576;

    private static double ResidentOf(int pid)
    {
        using var process = Process.GetProcessById(pid);
        return process.WorkingSet64 / 1048576.0;
    }

    private static JsonElement StatusOf(string data)
    {
        string output = RunAndRead("dotnet",
            [Path.Combine(AppContext.BaseDirectory, "veil.dll"), "status", "--data", data, "--json"]);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    private static void Testnet(params string[] arguments) =>
        RunAndRead(Path.Combine(Root, "tools", "testnet"), arguments);

    private static string RunAndRead(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new IOException($"cannot start {program}");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static double Number(string line) => double.Parse(line, CultureInfo.InvariantCulture);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Veil.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new IOException("the bench must lie in the project's folder");
    }
}
