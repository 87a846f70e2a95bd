using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;

namespace Veil.Simulation.Tests.Network;

/// <summary>Two hosts and a listening port at the second; 10 ms apart, no jitter, unless told otherwise.</summary>
internal sealed class NetworkRig
{
    internal static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(10);

    internal static readonly IPEndPoint BobsPort = IPEndPoint.Parse("10.0.0.2:443");

    internal NetworkRig(NetworkOptions? options = null, ulong seed = 1)
    {
        Kernel = new SimulationKernel(new SimulationOptions { Seed = seed, EscapeGrace = TimeSpan.Zero });
        Network = new SimulatedNetwork(Kernel, options ?? new NetworkOptions
        {
            LatencyFrom = Latency,
            LatencyTo = Latency,
            Jitter = TimeSpan.Zero,
        });
        Alice = Network.AddHost("alice", "10.0.0.1");
        Bob = Network.AddHost("bob", "10.0.0.2");
    }

    internal SimulationKernel Kernel { get; }

    internal SimulatedNetwork Network { get; }

    internal HostTransport Alice { get; }

    internal HostTransport Bob { get; }

    internal Task Wait(TimeSpan time) => Task.Delay(time, Kernel.Root.Time);

    /// <summary>A connection from alice to bob: her end and his.</summary>
    internal async Task<(SimulatedConnection Near, SimulatedConnection Far)> OpenAsync()
    {
        var listener = await Bob.BindAsync(BobsPort);
        var near = await Alice.ConnectAsync(BobsPort);
        var far = await listener.AcceptAsync();
        return ((SimulatedConnection)near, (SimulatedConnection)far!);
    }

    internal static async Task<byte[]> ReadToEndAsync(ConnectionContext connection)
    {
        var all = new MemoryStream();
        await connection.Transport.Input.CopyToAsync(all);
        return all.ToArray();
    }

    internal static async Task<ReadResult> ReadAsync(ConnectionContext connection, int bytes) =>
        await connection.Transport.Input.ReadAtLeastAsync(bytes);
}
