using System.Globalization;
using System.Text.Json;
using Veil.Links.Tcp;
using Veil.Noise;
using Veil.Noise.Seams;

namespace Veil.Bench;

/// <summary>
/// Setting up circuits: how long telescoping takes over links that are open already, one circuit after the other
/// (<c>--circuits N</c>, default 500), and how many CREATEs one relay process answers while several links flood it
/// (<c>--links N</c>, default 4), by wall clock and for each second of its processor time.
/// </summary>
internal sealed class SetupBench(BenchOptions options) : IBench
{
    private const string TelescopeRole = "telescope";
    private const string FloodRole = "flood";
    private const string HandshakeRole = "handshake";

    // Relays compile what they run often: until then they are not what they are in service.
    private const int WarmUpCircuits = 300;
    private const int FloodSamples = 5;
    private const int Handshakes = 4_000;

    private static readonly TimeSpan _floodWarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _floodTime = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public string Name => "setup";

    /// <inheritdoc/>
    public string Summary => "time of three hops, CREATEs of one relay process: [--circuits 500] [--links 4]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        using var net = LabNet.Start(Name, new LabShape(Relays: 3));
        double[] handshakes = Play<double[]>(HandshakeRole);
        string circuits = $"{options.Number("--circuits", 500)}";
        string[] path = [net["relay1"].Data, net["relay2"].Data, net["relay3"].Data];
        double[] one = Play<double[]>(TelescopeRole, [net.NetworkFile, circuits, path[0]]);
        double[] three = Play<double[]>(TelescopeRole, [net.NetworkFile, circuits, .. path]);
        var flood = Play<Flooded[]>(
            FloodRole, [net.NetworkFile, $"{options.Number("--links", 4)}", net["relay2"].Data]);
        int pid = net["relay2"].Status().Pid;
        return new BenchReport(
            Name,
            [
                new Measurement("three hops", "ms", three),
                new Measurement("three hops, p99", "ms", [Measurement.PercentileOf(three, 99)]),
                new Measurement("one hop", "ms", one),
                new Measurement("one hop, p99", "ms", [Measurement.PercentileOf(one, 99)]),
                new Measurement("creates", "/s", [.. flood.Select(sample => sample.Creates / sample.Seconds)]),
                new Measurement(
                    "creates", "/relay CPU s", [.. flood.Select(sample => sample.Creates / sample.Relay)]),
                new Measurement("relay busy", "cores", [.. flood.Select(sample => sample.Relay / sample.Seconds)]),
                new Measurement("flooder busy", "cores", [.. flood.Select(sample => sample.Own / sample.Seconds)]),
                new Measurement("handshake alone", "/CPU s", handshakes),
            ],
            CopyRun.RawRate(),
            0,
            new Dictionary<string, double>(),
            new Dictionary<string, double> { ["relay, flooded"] = LabNode.PeakOf(pid) });
    }

    /// <inheritdoc/>
    public async Task PlayAsync(string role, string[] arguments)
    {
        string answer = role switch
        {
            TelescopeRole => JsonSerializer.Serialize(await TelescopeAsync(arguments)),
            FloodRole => JsonSerializer.Serialize(await FloodAsync(arguments)),
            _ => JsonSerializer.Serialize(Enumerable.Range(0, FloodSamples).Select(_ => RespondRate()).ToArray()),
        };
        Console.WriteLine(answer);
    }

    private T Play<T>(string role, params string[] arguments)
    {
        using var child = new ChildProcess(this, role, arguments);
        return JsonSerializer.Deserialize<T>(child.ReadLine())!;
    }

    /// <summary>Milliseconds of each circuit.</summary>
    private static async Task<double[]> TelescopeAsync(string[] arguments)
    {
        await using var client = await BenchClient.JoinAsync(arguments[0]);
        int count = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var path = await Task.WhenAll(arguments[2..].Select(data => client.RelayAsync(new LabNode(data))));
        var links = client.MakeLinks(circuits: 1);
        var taken = new List<double>(count);
        for (int index = -WarmUpCircuits; index < count; index++)
        {
            long start = TimeProvider.System.GetTimestamp();
            using var circuit = await links.BuildAsync(path);
            if (index >= 0)
            {
                taken.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return [.. taken];
    }

    private static async Task<Flooded[]> FloodAsync(string[] arguments)
    {
        await using var client = await BenchClient.JoinAsync(arguments[0]);
        var status = await new LabNode(arguments[2]).StatusAsync();
        var relay = client.Relay(status.NodeId!);
        using var transport = new TcpTransport();
        var floods = new List<CreateFlood>();
        for (int link = int.Parse(arguments[1], CultureInfo.InvariantCulture); link > 0; link--)
        {
            floods.Add(await CreateFlood.StartAsync(transport, relay, client.Network.Id));
        }

        await RunForAsync(floods, _floodWarmUp);
        var samples = new Flooded[FloodSamples];
        for (int sample = 0; sample < samples.Length; sample++)
        {
            long start = TimeProvider.System.GetTimestamp();
            long created = floods.Sum(flood => flood.Created);
            var used = LabNode.ProcessorOf(status.Pid);
            var own = Environment.CpuUsage.TotalTime;
            await RunForAsync(floods, _floodTime);
            samples[sample] = new Flooded(
                floods.Sum(flood => flood.Created) - created,
                TimeProvider.System.GetElapsedTime(start).TotalSeconds,
                (LabNode.ProcessorOf(status.Pid) - used).TotalSeconds,
                (Environment.CpuUsage.TotalTime - own).TotalSeconds);
        }

        foreach (var flood in floods)
        {
            flood.Dispose();
            await flood.Ended;
        }

        return samples;
    }

    // A link that ends by itself ends the bench.
    private static async Task RunForAsync(List<CreateFlood> floods, TimeSpan time)
    {
        var first = await Task.WhenAny([.. floods.Select(flood => flood.Ended), Task.Delay(time, TimeProvider.System)]);
        await first;
        if (floods.Exists(flood => flood.Ended.IsCompleted))
        {
            throw new IOException("the relay closed a link of the flood");
        }
    }

    /// <summary>The relay's half of a handshake, keys included: how often in a second of processor time.</summary>
    private static double RespondRate()
    {
        var secrets = new SystemSecretSource();
        using var slab = new KeySlab(512);
        using var key = StaticKeyPair.Generate(secrets, slab);
        var prologue = new byte[HandshakePrologue.Length];
        using var initiator = HybridHandshake.Initiate(
            VeilPattern.NKhfs, prologue, key.PublicKey, null, secrets);
        var first = new byte[initiator.NextMessageOverhead];
        initiator.WriteMessage([], first);
        var used = Environment.CpuUsage.TotalTime;
        for (int index = 0; index < Handshakes; index++)
        {
            using var responder = HybridHandshake.Respond(VeilPattern.NKhfs, prologue, key, secrets);
            if (!responder.TryReadMessage(first, [], out _))
            {
                throw new IOException("the handshake does not take its own message");
            }

            responder.WriteMessage([], new byte[responder.NextMessageOverhead]);
            for (byte lane = 0; lane < 2; lane++)
            {
                responder.CreateSendCipher(slab, lane).Dispose();
                responder.CreateReceiveCipher(slab, lane).Dispose();
            }
        }

        return Handshakes / (Environment.CpuUsage.TotalTime - used).TotalSeconds;
    }

    private sealed record Flooded(long Creates, double Seconds, double Relay, double Own);
}
