using Microsoft.AspNetCore.Connections;
using Veil.Simulation.Network;
using Xunit;

namespace Veil.Simulation.Tests.Network;

public sealed class SimulatedConnectionTests
{
    private readonly NetworkRig _rig = new();

    [Fact]
    public void Disposing_delivers_what_was_flushed_and_then_ends_the_stream() => Run(async (near, far) =>
    {
        await near.Transport.Output.WriteAsync(new byte[50_000]);
        await near.DisposeAsync();

        Assert.Equal(50_000, (await NetworkRig.ReadToEndAsync(far)).Length);
        await _rig.Wait(TimeSpan.FromMilliseconds(1));
        Assert.True(near.ConnectionClosed.IsCancellationRequested);
        Assert.True(far.ConnectionClosed.IsCancellationRequested);
        Assert.Empty(_rig.Alice.OpenConnections);
    });

    [Fact]
    public void Completing_the_output_leaves_the_way_back_open() => Run(async (near, far) =>
    {
        await near.Transport.Output.CompleteAsync();
        Assert.Empty(await NetworkRig.ReadToEndAsync(far));

        await far.Transport.Output.WriteAsync(new byte[100]);
        await far.Transport.Output.CompleteAsync();
        Assert.Equal(100, (await NetworkRig.ReadToEndAsync(near)).Length);
    });

    [Fact]
    public void Aborting_resets_the_peer_after_the_latency_and_loses_what_is_under_way() => Run(async (near, far) =>
    {
        await near.Transport.Output.WriteAsync(new byte[50_000]);
        var aborted = _rig.Kernel.Elapsed;
        near.Abort(new ConnectionAbortedException("enough"));

        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(far));
        Assert.Equal(aborted + NetworkRig.Latency, _rig.Kernel.Elapsed);
        var own = await Assert.ThrowsAsync<ConnectionAbortedException>(() => NetworkRig.ReadToEndAsync(near));
        Assert.Equal("enough", own.Message);
        await _rig.Wait(TimeSpan.FromMilliseconds(1));
        Assert.True((await far.Transport.Output.WriteAsync(new byte[1])).IsCompleted);
        Assert.True(near.ConnectionClosed.IsCancellationRequested);
        Assert.True(far.ConnectionClosed.IsCancellationRequested);
        Assert.Empty(_rig.Bob.OpenConnections);
    });

    [Fact]
    public void A_reset_overtakes_a_delivery_that_waits_for_the_reader() => Run(async (near, far) =>
    {
        var stuck = _rig.Alice.Host.Start("write", async () =>
            Assert.True((await near.Transport.Output.WriteAsync(new byte[1_000_000])).IsCompleted));
        await _rig.Wait(TimeSpan.FromSeconds(10));
        near.Abort();
        await stuck;
        await _rig.Wait(TimeSpan.FromSeconds(1));

        Assert.True(far.IsClosed);
        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(far));
    });

    [Fact]
    public void Completing_the_output_with_an_exception_resets_the_peer() => Run(async (near, far) =>
    {
        await near.Transport.Output.CompleteAsync(new InvalidDataException());

        await Assert.ThrowsAsync<ConnectionResetException>(() => NetworkRig.ReadToEndAsync(far));
    });

    [Fact]
    public void Writing_to_an_end_that_is_gone_is_answered_with_a_reset() => Run(async (near, far) =>
    {
        await far.DisposeAsync();
        Assert.Empty(await NetworkRig.ReadToEndAsync(near));

        await near.Transport.Output.WriteAsync(new byte[1]);
        await _rig.Wait(TimeSpan.FromSeconds(1));

        Assert.True((await near.Transport.Output.WriteAsync(new byte[1])).IsCompleted);
        Assert.True(near.IsClosed);
        Assert.Empty(_rig.Alice.OpenConnections);
    });

    [Fact]
    public void ConnectionClosed_fires_in_the_context_of_its_own_host() => Run(async (near, far) =>
    {
        SynchronizationContext? seen = null;
        far.ConnectionClosed.Register(() => seen = SynchronizationContext.Current, useSynchronizationContext: false);
        near.Abort();
        await _rig.Wait(TimeSpan.FromSeconds(1));

        Assert.Same(_rig.Bob.Host.Context, seen);
    });

    [Fact]
    public void Disposing_and_aborting_twice_is_once() => Run(async (near, far) =>
    {
        near.Abort();
        near.Abort();
        await near.DisposeAsync();
        await far.DisposeAsync();
        far.Abort();
        await far.DisposeAsync();
        await _rig.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _rig.Kernel.Pending);
    });

    private void Run(Func<SimulatedConnection, SimulatedConnection, Task> body) => _rig.Kernel.RunUntil(async () =>
    {
        var (near, far) = await _rig.OpenAsync();
        await body(near, far);
    });
}
