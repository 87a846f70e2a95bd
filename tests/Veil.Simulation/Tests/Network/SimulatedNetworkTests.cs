using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Network;
using Veil.Simulation.Seeds;
using Xunit;

namespace Veil.Simulation.Tests.Network;

public sealed class SimulatedNetworkTests
{
    private readonly NetworkRig _rig = new();

    [Fact]
    public void Connecting_takes_a_round_trip_and_each_end_sees_the_others_address() => Run(async () =>
    {
        var (near, far) = await _rig.OpenAsync();

        Assert.Equal(2 * NetworkRig.Latency, _rig.Kernel.Elapsed);
        Assert.Equal(NetworkRig.BobsPort, near.RemoteEndPoint);
        Assert.Equal(near.LocalEndPoint, far.RemoteEndPoint);
        Assert.Equal(_rig.Alice.Address, ((IPEndPoint)far.RemoteEndPoint!).Address);
    });

    [Fact]
    public void A_byte_arrives_after_the_latency_and_the_time_it_takes_to_send() => Run(async () =>
    {
        var (near, far) = await _rig.OpenAsync();
        var sent = _rig.Kernel.Elapsed;

        await near.Transport.Output.WriteAsync(new byte[12_500]);
        await NetworkRig.ReadAsync(far, 12_500);

        // 12,500 bytes at 12.5 MB/s are 1 ms.
        Assert.Equal(sent + NetworkRig.Latency + TimeSpan.FromMilliseconds(1), _rig.Kernel.Elapsed);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bytes_keep_their_order_whatever_the_jitter(ulong seed)
    {
        var rig = new NetworkRig(new NetworkOptions { Jitter = TimeSpan.FromSeconds(1) }, seed);
        var sent = new byte[300_000];
        new SeededDecisionSource(seed, "bytes").Fill(sent);

        rig.Kernel.RunUntil(async () =>
        {
            var (near, far) = await rig.OpenAsync();
            var received = NetworkRig.ReadToEndAsync(far);
            for (var start = 0; start < sent.Length; start += 3000)
                await near.Transport.Output.WriteAsync(sent.AsMemory(start, 3000));
            await near.Transport.Output.CompleteAsync();
            Assert.Equal(sent, await received);
        });
    }

    [Fact]
    public void A_reader_that_does_not_read_stops_the_writer_within_the_bound() => Run(async () =>
    {
        var (near, far) = await _rig.OpenAsync();
        var written = 0;
        var writing = _rig.Alice.Host.Start("write", async () =>
        {
            var chunk = new byte[1000];
            while (written < 10_000_000)
            {
                written += chunk.Length;
                await near.Transport.Output.WriteAsync(chunk);
            }
            await near.Transport.Output.CompleteAsync();
        });

        await _rig.Wait(TimeSpan.FromMinutes(10));
        Assert.InRange(written, 100_000, _rig.Network.Options.DirectionBoundBytes + 2000);

        Assert.Equal(10_000_000, (await NetworkRig.ReadToEndAsync(far)).Length);
        await writing;
    });

    [Fact]
    public void All_streams_of_a_host_share_its_uplink() => Run(async () =>
    {
        var (near, far) = await _rig.OpenAsync();
        var carol = _rig.Network.AddHost("carol", "10.0.0.3");
        var listener = await carol.BindAsync(new IPEndPoint(carol.Address, 443));
        var toCarol = await _rig.Alice.ConnectAsync(listener.EndPoint);
        var atCarol = await listener.AcceptAsync();
        var started = _rig.Kernel.Elapsed;

        var received = Task.WhenAll(NetworkRig.ReadToEndAsync(far), NetworkRig.ReadToEndAsync(atCarol!));
        await Task.WhenAll(SendMegabyteAsync(near), SendMegabyteAsync(toCarol));
        await received;

        // 2 MB at 12.5 MB/s, and the latency of the last byte.
        var expected = TimeSpan.FromMilliseconds(160) + NetworkRig.Latency;
        Assert.InRange(_rig.Kernel.Elapsed - started, expected, expected + TimeSpan.FromMilliseconds(1));

        static async Task SendMegabyteAsync(ConnectionContext connection)
        {
            await connection.Transport.Output.WriteAsync(new byte[1_000_000]);
            await connection.Transport.Output.CompleteAsync();
        }
    });

    [Fact]
    public void Nobody_listens_and_the_connection_is_refused() => Run(async () =>
    {
        var refused = await Assert.ThrowsAsync<SocketException>(
            async () => await _rig.Alice.ConnectAsync(NetworkRig.BobsPort));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal(2 * NetworkRig.Latency, _rig.Kernel.Elapsed);

        var unknown = await Assert.ThrowsAsync<SocketException>(
            async () => await _rig.Alice.ConnectAsync(IPEndPoint.Parse("10.9.9.9:1")));
        Assert.Equal(SocketError.ConnectionRefused, unknown.SocketErrorCode);
    });

    [Fact]
    public void A_full_backlog_refuses()
    {
        var rig = new NetworkRig(new NetworkOptions { Backlog = 2 });
        rig.Kernel.RunUntil(async () =>
        {
            await rig.Bob.BindAsync(NetworkRig.BobsPort);
            await rig.Alice.ConnectAsync(NetworkRig.BobsPort);
            await rig.Alice.ConnectAsync(NetworkRig.BobsPort);
            await Assert.ThrowsAsync<SocketException>(async () => await rig.Alice.ConnectAsync(NetworkRig.BobsPort));
        });
    }

    [Fact]
    public void A_port_is_bound_once_and_0_chooses_one() => Run(async () =>
    {
        var first = await _rig.Bob.BindAsync(new IPEndPoint(IPAddress.Any, 0));
        var second = await _rig.Bob.BindAsync(new IPEndPoint(IPAddress.Any, 0));

        Assert.NotEqual(first.EndPoint, second.EndPoint);
        Assert.Equal(_rig.Bob.Address, ((IPEndPoint)first.EndPoint).Address);
        await Assert.ThrowsAsync<AddressInUseException>(async () => await _rig.Bob.BindAsync(first.EndPoint));
        await Assert.ThrowsAsync<SocketException>(
            async () => await _rig.Bob.BindAsync(new IPEndPoint(_rig.Alice.Address, 0)));
        await first.DisposeAsync();
        await _rig.Bob.BindAsync(first.EndPoint);
    });

    [Fact]
    public void Unbinding_ends_the_accept_loop_and_resets_who_waits() => Run(async () =>
    {
        var listener = await _rig.Bob.BindAsync(NetworkRig.BobsPort);
        var accept = _rig.Bob.Host.Start("accept", async () =>
        {
            await listener.AcceptAsync();
            Assert.Null(await listener.AcceptAsync());
        });
        await _rig.Alice.ConnectAsync(NetworkRig.BobsPort);
        await listener.UnbindAsync();
        await accept;
    });

    [Fact]
    public void Accepting_and_connecting_can_be_cancelled() => Run(async () =>
    {
        var listener = await _rig.Bob.BindAsync(NetworkRig.BobsPort);
        using var accepting = new CancellationTokenSource(TimeSpan.FromSeconds(1), _rig.Kernel.Root.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await listener.AcceptAsync(accepting.Token));

        _rig.Network.Block(_rig.Bob, _rig.Alice);
        using var connecting = new CancellationTokenSource(TimeSpan.FromSeconds(1), _rig.Kernel.Root.Time);
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _rig.Alice.ConnectAsync(NetworkRig.BobsPort, connecting.Token));
        Assert.Equal(connecting.Token, thrown.CancellationToken);
        Assert.Empty(_rig.Alice.OpenConnections);
    });

    private void Run(Func<Task> body) => _rig.Kernel.RunUntil(body);
}
