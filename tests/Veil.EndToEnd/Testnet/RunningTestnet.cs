using System.Diagnostics;
using System.Text.Json;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>
/// A small network made by tools/testnet. Unless the test says otherwise it has five relays, four of them stores: the
/// fewest with which every store has a circuit that does not run through it. Disposing it stops everything, whatever
/// the tests did.
/// </summary>
public sealed class RunningTestnet : IAsyncLifetime
{
    /// <summary>Networks are made one after the other: each takes the whole machine while it starts.</summary>
    internal const string Collection = "networks of processes";

    private const string Tool = "testnet.dll";

    private JsonDocument? _net;

    /// <summary>The network's folder.</summary>
    internal string Folder { get; } =
        Path.Combine(System.IO.Directory.CreateTempSubdirectory("veil-net-").FullName, "n");

    /// <summary>What marks its processes and namespaces.</summary>
    internal string Id => JsonDocument.Parse(File.ReadLines(Path.Combine(Folder, "testnet.journal")).First())
        .RootElement.GetProperty("id").GetString()!;

    /// <summary>net.json.</summary>
    internal JsonElement Net => _net!.RootElement;

    /// <summary>How many nodes of each kind.</summary>
    internal string[] Shape { get; init; } =
        ["--authorities", "3", "--relays", "5", "--stores", "4", "--exits", "0"];

    /// <summary>Length of an epoch; longer where many nodes share few cores.</summary>
    internal int EpochSeconds { get; init; } = 4;

    /// <summary>More options of `up`.</summary>
    internal string[] Options { get; init; } = [];

    /// <summary>A program that starts `up`, and so the network, in surroundings of its own; none usually.</summary>
    internal string[] Inside { get; init; } = [];

    /// <summary>More variables in the environment of the tool and of what it starts.</summary>
    internal Dictionary<string, string> Environment { get; } = [];

    /// <summary>What makes it.</summary>
    internal string[] UpArguments =>
        ["up", Folder, .. Shape, "--gateways", "2", "--epoch", $"{EpochSeconds}", .. Options, "--json"];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var result = await ToolProcess.RunInsideAsync(Inside, Environment, Tool, UpArguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        _net = JsonDocument.Parse(result.Output);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var result = await ToolProcess.RunAsync(Tool, "down", Folder);
        _net?.Dispose();
        Assert.True(result.ExitCode == 0, result.Errors);
        AssertNothingRuns();
        System.IO.Directory.Delete(Path.GetDirectoryName(Folder)!, recursive: true);
    }

    /// <summary>Runs a command of the tool on this network.</summary>
    internal Task<ToolResult> TryAsync(string verb, params string[] arguments) =>
        ToolProcess.RunAsync(Environment, Tool, [verb, Folder, .. arguments]);

    /// <summary>Runs a command of the tool on this network, which must succeed.</summary>
    internal async Task<string> DoAsync(string verb, params string[] arguments)
    {
        var result = await TryAsync(verb, arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        return result.Output;
    }

    /// <summary>Runs a command of the veil program, which must succeed.</summary>
    /// <returns>Its result.</returns>
    internal static async Task<JsonElement> VeilAsync(params string[] arguments)
    {
        var result = await ToolProcess.RunAsync("veil.dll", [.. arguments, "--json"]);
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    /// <summary>A node of net.json.</summary>
    internal JsonElement Node(string name) =>
        Net.GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("name").GetString() == name);

    /// <summary>Its data folder.</summary>
    internal string Data(string name) => Node(name).GetProperty("data").GetString()!;

    /// <summary>What `status` says of a node.</summary>
    internal async Task<JsonElement> StatusAsync(string name)
    {
        using var document = JsonDocument.Parse(await DoAsync("status", "--json"));
        return document.RootElement.GetProperty("nodes").EnumerateArray()
            .Single(node => node.GetProperty("name").GetString() == name).Clone();
    }

    /// <summary>Fetches by curl through a gateway's SOCKS port, from where that port is.</summary>
    internal async Task<byte[]> CurlAsync(string gateway, string key)
    {
        var copy = Path.Combine(Folder, "curl.out");
        using var curl = await StartCurlAsync(gateway, key, copy, "--max-time", "60");
        var errors = await curl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await curl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(curl.ExitCode == 0, $"curl ended with {curl.ExitCode}: {errors}");
        return await File.ReadAllBytesAsync(copy, TestContext.Current.CancellationToken);
    }

    /// <summary>Starts such a curl, whose end is the caller's.</summary>
    internal async Task<Process> StartCurlAsync(string gateway, string key, string copy, params string[] options)
    {
        var opened = await VeilAsync("open", key, "--data", Data(gateway));
        var socks = Node(gateway).GetProperty("ports").GetProperty("socks").GetInt32();
        string[] command =
        [
            "curl", "--silent", "--show-error", "--fail", "--location", .. options,
            "--proxy", $"socks5h://127.0.0.1:{socks}", "--output", copy, opened.GetProperty("url").GetString()!,
        ];
        return Node(gateway).GetProperty("netns").GetString() is { } netns
            ? ToolProcess.Start("ip", ["netns", "exec", netns, .. command])
            : ToolProcess.Start(command[0], command[1..]);
    }

    /// <summary>Publishes bytes through a gateway.</summary>
    /// <returns>The key.</returns>
    internal async Task<string> AddAsync(string gateway, byte[] bytes)
    {
        var file = Path.Combine(Folder, "sent.bin");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        return (await VeilAsync("add", file, "--data", Data(gateway))).GetProperty("key").GetString()!;
    }

    /// <summary>Fails when a process or namespace of the network is left.</summary>
    internal void AssertNothingRuns()
    {
        Assert.Empty(ProcessTable.Of(Id));
        Assert.Empty(Namespaces.Of(Id));
    }
}
