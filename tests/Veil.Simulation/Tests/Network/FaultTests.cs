using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Network;
using Xunit;

namespace Veil.Simulation.Tests.Network;

public sealed class FaultTests
{
    private readonly NetworkRig _rig = new();

    [Fact]
    public void A_partition_holds_bytes_up_and_healing_delivers_them_in_order() => Run(async (near, far) =>
    {
        await near.Transport.Output.WriteAsync(new byte[] { 1 });
        _rig.Network.Partition(_rig.Alice, _rig.Bob);
        await near.Transport.Output.WriteAsync(new byte[] { 2 });
        await near.Transport.Output.CompleteAsync();
        await _rig.Wait(TimeSpan.FromHours(1));
        Assert.False(far.Transport.Input.TryRead(out _));

        _rig.Network.Heal(_rig.Alice, _rig.Bob);
        Assert.Equal([1, 2], await NetworkRig.ReadToEndAsync(far));
    });

    [Fact]
    public void A_block_one_way_leaves_the_other_way_open() => Run(async (near, far) =>
    {
        _rig.Network.Block(_rig.Alice, _rig.Bob);
        await far.Transport.Output.WriteAsync(new byte[1]);

        Assert.Equal(1, (await NetworkRig.ReadAsync(near, 1)).Buffer.Length);
    });

    [Fact]
    public void A_clog_ends_by_itself() => Run(async (near, far) =>
    {
        var clogged = _rig.Kernel.Elapsed;
        _rig.Network.Clog(_rig.Alice, _rig.Bob, TimeSpan.FromSeconds(5));
        await near.Transport.Output.WriteAsync(new byte[1]);
        await NetworkRig.ReadAsync(far, 1);

        Assert.Equal(clogged + TimeSpan.FromSeconds(5), _rig.Kernel.Elapsed);
    });

    [Fact]
    public void A_reset_does_not_pass_a_partition_until_it_is_healed() => Run(async (near, far) =>
    {
        _rig.Network.Partition(_rig.Alice, _rig.Bob);
        near.Abort();
        await _rig.Wait(TimeSpan.FromMinutes(1));
        Assert.False(far.IsClosed);

        _rig.Network.Heal(_rig.Alice, _rig.Bob);
        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(far));
    });

    [Fact]
    public void Connecting_through_a_partition_times_out_or_goes_on_when_it_is_healed() => Run(async (_, _) =>
    {
        _rig.Network.Partition(_rig.Alice, _rig.Bob);
        var started = _rig.Kernel.Elapsed;
        var thrown = await Assert.ThrowsAsync<SocketException>(
            async () => await _rig.Alice.ConnectAsync(NetworkRig.BobsPort));
        Assert.Equal(SocketError.TimedOut, thrown.SocketErrorCode);
        Assert.Equal(started + _rig.Network.Options.ConnectTimeout, _rig.Kernel.Elapsed);

        var connecting = _rig.Alice.ConnectAsync(NetworkRig.BobsPort).AsTask();
        await _rig.Wait(TimeSpan.FromSeconds(30));
        Assert.False(connecting.IsCompleted);
        _rig.Network.Heal(_rig.Alice, _rig.Bob);
        await (await connecting).DisposeAsync();
    });

    [Fact]
    public void Cutting_a_connection_resets_both_ends_at_once() => Run(async (near, far) =>
    {
        var cut = _rig.Kernel.Elapsed;
        _rig.Network.Cut(far);

        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(near));
        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(far));
        Assert.Equal(cut, _rig.Kernel.Elapsed);
        await _rig.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _rig.Kernel.Pending);
    });

    [Fact]
    public void A_killed_host_stands_still_resets_its_peers_and_refuses() => Run(async (near, far) =>
    {
        var ticks = 0;
        _ = _rig.Bob.Host.Start("tick", async () =>
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _rig.Bob.Host.Time);
                ticks++;
            }
        });
        await _rig.Wait(TimeSpan.FromSeconds(3.5));
        _rig.Network.Kill(_rig.Bob);

        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(near));
        await Assert.ThrowsAsync<SocketException>(async () => await _rig.Alice.ConnectAsync(NetworkRig.BobsPort));
        await _rig.Wait(TimeSpan.FromMinutes(1));
        Assert.Equal(3, ticks);
        Assert.Empty(_rig.Bob.OpenConnections);
    });

    [Fact]
    public void A_host_that_is_started_again_has_its_address_and_serves() => Run(async (_, _) =>
    {
        _rig.Network.Kill(_rig.Bob);
        var again = _rig.Network.AddHost("bob", "10.0.0.2");
        var listener = await again.BindAsync(NetworkRig.BobsPort);

        var connection = await _rig.Alice.ConnectAsync(NetworkRig.BobsPort);
        await using var accepted = await listener.AcceptAsync();
        Assert.Equal(connection.LocalEndPoint, accepted!.RemoteEndPoint);
    });

    [Fact]
    public void Ping_pong_costs_a_known_number_of_events() => Run(async (near, far) =>
    {
        var echo = _rig.Bob.Host.Start("echo", () => PassOnAsync(far, far, rounds: 100));
        await _rig.Wait(TimeSpan.FromSeconds(1));
        var before = _rig.Kernel.Steps;
        var started = _rig.Kernel.Elapsed;

        await near.Transport.Output.WriteAsync(new byte[1]);
        await PassOnAsync(near, near, rounds: 99);
        await echo;

        // One event for the delivery, one for each side's continuation, one for the flow that takes the byte.
        Assert.InRange((_rig.Kernel.Steps - before) / 199.0, 2, 5);
        Assert.InRange((_rig.Kernel.Elapsed - started).TotalSeconds, 1.99, 2.01);
    });

    private static async Task PassOnAsync(ConnectionContext from, ConnectionContext to, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var result = await from.Transport.Input.ReadAtLeastAsync(1);
            from.Transport.Input.AdvanceTo(result.Buffer.End);
            await to.Transport.Output.WriteAsync(new byte[1]);
        }
    }

    private void Run(Func<SimulatedConnection, SimulatedConnection, Task> body) => _rig.Kernel.RunUntil(async () =>
    {
        var (near, far) = await _rig.OpenAsync();
        await body(near, far);
    });
}
