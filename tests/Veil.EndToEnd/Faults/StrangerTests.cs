#pragma warning disable RS0030 // Stands for another program of the user, at the control socket: never the network.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Veil.EndToEnd.Testnet;
using Veil.Links.Handshake;
using Veil.Links.Tcp;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// Strangers at every port of running nodes, all at once: each connection is closed in time and counted, files are
/// fetched meanwhile, and no descriptor is left (spec/limits.md).
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class StrangerTests(RunningTestnet network) : IClassFixture<RunningTestnet>, IDisposable
{
    private const int OfEachKind = 15;
    private const int Silent = 200;

    // Links between nodes come and go; fewer than there are strangers of any one kind.
    private const int DescriptorsThatVary = 12;
    private const string Gateway = "gateway1";

    // The limit of a handshake is 10 s; the rest is a busy machine's.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10 + 5);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);
    private static readonly string[] _alive = ["ready", "degraded"];
    private static readonly string[] _servers = ["relay1", "store1", "authority1"];

    private readonly TcpTransport _transport = new();
    private readonly KeySlab _slab = new();
    private readonly SystemSecretSource _secrets = new();
    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();
    private readonly byte[] _noise = FaultSeed.FromEnvironment().Bytes("noise", 4_096);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Strangers_at_every_port_are_closed_in_time_and_counted_and_files_go_through()
    {
        Say($"{_seed}");
        var sent = TestnetTests.Bytes(200_001);
        var key = await network.AddAsync(Gateway, sent);
        Assert.Equal(sent, await FetchAsync(key));
        string[] all = [.. _servers, Gateway];
        var before = await CountersAsync(all);
        var descriptors = all.ToDictionary(name => name, DescriptorsOf);

        var since = TimeProvider.System.GetTimestamp();
        var attack = TransferMomentsTests.TimeAsync(
            Task.WhenAll([.. _servers.Select(AttackAsync), AttackSocksAsync(), AttackControlAsync()]), since);
        var fetched = 0;
        while (!attack.IsCompleted)
        {
            Assert.Equal(sent, await FetchAsync(key));
            fetched++;
        }

        var took = await attack;
        Assert.True(took < _limit, $"the last stranger was closed after {took.TotalSeconds:0.0} s");
        Assert.True(fetched > 1, "nothing was fetched meanwhile");
        Assert.Equal(sent, await FetchAsync(key));
        var rise = await RiseAsync(all, before);
        Say($"all closed after {took.TotalSeconds:0.0} s, {fetched} files fetched meanwhile");
        foreach (var name in all)
        {
            Say($"{name}: {string.Join(", ", rise[name].Where(entry => entry.Value > 0))}");
        }

        AssertCounted(rise);
        foreach (var name in all)
        {
            await UntilAsync(() => DescriptorsOf(name) <= descriptors[name] + DescriptorsThatVary
                ? null
                : $"{name} has {DescriptorsOf(name)} descriptors, it had {descriptors[name]}");
            Say($"{name}: {descriptors[name]} descriptors before, {DescriptorsOf(name)} after");
        }
    }

    public void Dispose()
    {
        _slab.Dispose();
        _transport.Dispose();
    }

    private static void AssertCounted(Dictionary<string, Dictionary<string, long>> rise)
    {
        foreach (var name in _servers)
        {
            // Noise, a message for another and an overlong one; half a message and a missing last one.
            var silent = name == _servers[0] ? Silent : OfEachKind;
            AssertAtLeast(rise[name], "link.closed.handshake_failed", 3 * OfEachKind);
            AssertAtLeast(rise[name], "link.closed.handshake_timeout", (2 * OfEachKind) + silent);
            AssertAtLeast(rise[name], "link.closed.authentication_failed", OfEachKind);
            AssertAtLeast(rise[name], "link.closed.malformed", OfEachKind);
        }

        AssertAtLeast(rise[Gateway], "socks.refused.malformed", OfEachKind);
        AssertAtLeast(rise[Gateway], "socks.refused.timeout", 2 * OfEachKind);
        AssertAtLeast(rise[Gateway], "socks.refused.socks4", OfEachKind);
        AssertAtLeast(rise[Gateway], "socks.refused.foreign_name", OfEachKind);
    }

    private static void AssertAtLeast(Dictionary<string, long> rise, string counter, int least) => Assert.True(
        rise.GetValueOrDefault(counter) >= least, $"{counter} rose by {rise.GetValueOrDefault(counter)}, not {least}");

    private static Task TimesAsync(int times, Func<Task> act) =>
        Task.WhenAll(Enumerable.Range(0, times).Select(_ => act()));

    private Task AttackAsync(string name)
    {
        var port = PortOf(name);
        var other = PortOf(_servers.First(server => server != name));
        var stranger = Somebody();
        return Task.WhenAll(
            TimesAsync(name == _servers[0] ? Silent : OfEachKind, () => stranger.NothingAsync(port.EndPoint)),
            TimesAsync(OfEachKind, () => stranger.RandomAsync(port.EndPoint)),
            TimesAsync(OfEachKind, () => stranger.HalfAMessageAsync(port)),
            TimesAsync(OfEachKind, () => stranger.AllButTheLastMessageAsync(port)),
            TimesAsync(OfEachKind, () => stranger.ForAnotherAsync(port, other)),
            TimesAsync(OfEachKind, () => stranger.OverlongMessageAsync(port)),
            TimesAsync(OfEachKind, () => stranger.BadRecordAsync(port, cells: 1)),
            TimesAsync(OfEachKind, () => stranger.BadRecordAsync(port, cells: 200)));
    }

    private Task AttackSocksAsync()
    {
        var place = new IPEndPoint(
            IPAddress.Loopback, network.Node(Gateway).GetProperty("ports").GetProperty("socks").GetInt32());
        var stranger = Somebody();
        byte[] foreign = [5, 1, 0, 5, 1, 0, 3, 11, .. "example.com"u8, 0, 80];
        byte[] socks4 = [4, 1, 0, 80, 192, 0, 2, 1, 0];
        return Task.WhenAll(
            TimesAsync(OfEachKind, () => stranger.NothingAsync(place)),
            TimesAsync(OfEachKind, () => stranger.SayAsync(place, [0xFE, .. _noise])),
            TimesAsync(OfEachKind, () => stranger.SayAsync(place, [5, 3, 0])),
            TimesAsync(OfEachKind, async () =>
                Assert.Equal([0, 0x5B], (await stranger.SayAsync(place, socks4))[..2])),
            TimesAsync(OfEachKind, async () =>
                Assert.Equal([5, 0, 5, 2], (await stranger.SayAsync(place, foreign))[..4])));
    }

    private Task AttackControlAsync() => TimesAsync(OfEachKind, async () =>
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(
            new UnixDomainSocketEndPoint(ControlSocket.In(network.Data(Gateway))), Token);
        await socket.SendAsync(_noise, SocketFlags.None, Token);
        var heard = new byte[1_000];
        try
        {
            while (await socket.ReceiveAsync(heard, SocketFlags.None, Token) > 0)
            {
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An end like any other.
        }
    });

    private Stranger Somebody()
    {
        var file = File.ReadAllBytes(Path.Combine(network.Folder, "network.json"));
        Assert.True(NetworkDefinition.TryParse(file, out var definition, out _));
        return new Stranger(_transport, definition.Id, (_slab, _secrets), _noise);
    }

    private LinkPort PortOf(string name)
    {
        var node = network.Node(name);
        using var keys = KeyFile.LoadOrCreate(
            new DataPaths(network.Data(name)).Keys, name.StartsWith("authority", StringComparison.Ordinal), _secrets,
            _slab);
        return new LinkPort(
            new IPEndPoint(
                IPAddress.Parse(node.GetProperty("address").GetString()!.Split(':')[0]),
                node.GetProperty("ports").GetProperty("link").GetInt32()),
            new LinkTarget(keys.Relay, new Bytes32(keys.LinkKey.PublicKey)));
    }

    private async Task<byte[]> FetchAsync(string key)
    {
        using var client = new ControlClient(ControlSocket.In(network.Data(Gateway)));
        using var copy = new MemoryStream();
        await client.GetAsync(key, _ => copy, Token);
        return copy.ToArray();
    }

    // What `veil status --json` shows; snake_case whatever the case of the counter's own words is.
    private async Task<Dictionary<string, Dictionary<string, long>>> CountersAsync(IEnumerable<string> names)
    {
        Dictionary<string, Dictionary<string, long>> all = [];
        foreach (var name in names)
        {
            var status = await RunningTestnet.VeilAsync("status", "--data", network.Data(name));
            Assert.Contains(status.GetProperty("state").GetString(), _alive);
            all[name] = status.GetProperty("counters").EnumerateObject()
                .ToDictionary(counter => counter.Name, counter => counter.Value.GetInt64());
        }

        return all;
    }

    private async Task<Dictionary<string, Dictionary<string, long>>> RiseAsync(
        IReadOnlyCollection<string> names, Dictionary<string, Dictionary<string, long>> before)
    {
        var after = await CountersAsync(names);
        return names.ToDictionary(
            name => name,
            name => after[name].ToDictionary(
                counter => counter.Key, counter => counter.Value - before[name].GetValueOrDefault(counter.Key)));
    }

    private int DescriptorsOf(string name)
    {
        var pid = network.Node(name).GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture);
        return System.IO.Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count();
    }

    private static async Task UntilAsync(Func<string?> tellWrong)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (tellWrong() is { } wrong)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < _patience, wrong);
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
