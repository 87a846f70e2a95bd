using System.IO.Pipelines;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

public sealed class CircuitStreamTests
{
    [Fact]
    public async Task A_service_that_is_not_offered_answers_by_reset()
    {
        await using var rig = new RelayRig(1);
        using var circuit = await rig.BuildAsync(0);

        var stream = circuit.Open(ServiceId.Directory);

        await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(RelayRig.Token));
        await LivesAsync(circuit);
    }

    [Fact]
    public async Task More_streams_than_allowed_are_refused_here_and_the_rest_runs()
    {
        await using var rig = new RelayRig(1);
        using var circuit = await rig.BuildAsync(0);
        var open = Enumerable.Range(0, 16).Select(_ => circuit.Open(ServiceId.Store)).ToList();

        Assert.Equal(
            CloseReason.ResourceLimit,
            Assert.Throws<StreamResetException>(() => circuit.Open(ServiceId.Store)).Reason);

        open[0].Reset();
        await Eventually.HoldsAsync(() => CanOpen(circuit), "a stream that was reset makes room");
        Assert.False(circuit.IsClosed);
    }

    [Fact]
    public async Task A_node_whose_budget_is_spent_refuses_streams_not_circuits()
    {
        // 3 for the leg, 192 for one stream.
        await using var rig = new RelayRig(1, RelayRig.WithMemory(300), client: new CircuitOptions());
        using var circuit = await rig.BuildAsync(0);
        var first = circuit.Open(ServiceId.Store);
        await PingAsync(first);

        var second = circuit.Open(ServiceId.Store);

        await Assert.ThrowsAsync<StreamResetException>(async () => await second.Input.ReadAsync(RelayRig.Token));
        await PingAsync(first);
        first.Reset();
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task A_client_whose_budget_is_spent_opens_no_further_stream()
    {
        await using var rig = new RelayRig(1, client: RelayRig.WithMemory(300));
        using var circuit = await rig.BuildAsync(0);
        var first = circuit.Open(ServiceId.Store);

        Assert.Equal(
            CloseReason.ResourceLimit,
            Assert.Throws<StreamResetException>(() => circuit.Open(ServiceId.Store)).Reason);

        first.Reset();
        await Eventually.HoldsAsync(() => CanOpen(circuit), "a stream that was reset gives its room back");
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flush_that_waits_ends_with_the_stream_or_its_circuit(bool reset)
    {
        await using var rig = new RelayRig(4) { Service = StallAsync };
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var stream = branch.Open(ServiceId.Store);
        var flushing = FillAsync(stream);

        await Eventually.HoldsAsync(() => !flushing.IsCompleted && rig.Relays[3].Switch.Count == 1, "the branch is up");
        if (reset)
        {
            stream.Reset();
        }
        else
        {
            circuit.Dispose();
        }

        await Assert.ThrowsAsync<StreamResetException>(() => flushing);
        await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(RelayRig.Token));
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task A_stalled_reader_holds_its_sender_within_the_windows_and_nobody_else()
    {
        var stalls = true;
        await using var rig = new RelayRig(5);
        rig.Service = stream => Volatile.Read(ref stalls) ? StallAsync(stream) : RelayRig.EchoAsync(stream);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        using var other = await rig.BuildAsync(0, 1, 2);
        var slow = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var fast = await circuit.BranchAsync(rig.Relays[4].Hop, RelayRig.Token);
        var stalled = slow.Open(ServiceId.Store);
        long written = 0;
        var flushing = FillAsync(stalled, bytes => Interlocked.Add(ref written, bytes));
        await Eventually.HoldsAsync(() => Interlocked.Read(ref written) >= 262_144, "the window fills");
        Volatile.Write(ref stalls, false);

        for (int round = 0; round < 3; round++)
        {
            var sent = ClientCircuitTests.Pattern(1_000_000);
            Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(fast.Open(ServiceId.Store), sent));
            Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(other.Open(ServiceId.Store), sent));
        }

        // The stream's window, what its writer may have unsent, and one write that goes beyond.
        Assert.False(flushing.IsCompleted);
        Assert.InRange(Interlocked.Read(ref written), 262_144, 262_144 + 131_072 + 8_192);
        long mostPerRelay = (4 * (512 + 16)) + (2 * 96) + (2 * 192);
        Assert.All(rig.Relays, relay => Assert.InRange(relay.Context.ReservedCells, 0, mostPerRelay));

        stalled.Reset();
        await Assert.ThrowsAsync<StreamResetException>(() => flushing);
        circuit.Dispose();
        other.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_the_service_within_the_windows()
    {
        long served = 0;
        await using var rig = new RelayRig(4)
        {
            Service = stream => FillAsync(stream, bytes => Interlocked.Add(ref served, bytes)),
        };
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        var stream = branch.Open(ServiceId.Store);
        await Eventually.HoldsAsync(() => Interlocked.Read(ref served) >= 262_144, "the window fills");
        await Eventually.SettlesAsync(() => Interlocked.Read(ref served));
        Assert.InRange(Interlocked.Read(ref served), 262_144, 262_144 + 131_072 + 8_192);

        var result = await stream.Input.ReadAtLeastAsync(262_144, RelayRig.Token);
        stream.Input.AdvanceTo(result.Buffer.End);

        await Eventually.HoldsAsync(() => Interlocked.Read(ref served) > 262_144 + 131_072 + 8_192, "it goes on");
        stream.Reset();
        circuit.Dispose();
        await rig.BecomesIdleAsync();
    }

    [Fact]
    public async Task Closing_while_bulk_runs_both_ways_leaves_nothing_behind()
    {
        await using var rig = new RelayRig(5);
        for (int round = 0; round < 10; round++)
        {
            var circuit = await rig.BuildAsync(0, 1, 2);
            var branches = await Task.WhenAll(
                circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token),
                circuit.BranchAsync(rig.Relays[4].Hop, RelayRig.Token));
            var running = branches.SelectMany(branch => Enumerable.Range(0, 3).Select(_ => RunAsync(branch))).ToList();
            await branches[0].Open(ServiceId.Store).Output.WriteAsync(
                new byte[round * 10_000], TestContext.Current.CancellationToken);
            if (round % 2 == 0)
            {
                circuit.Dispose();
            }
            else
            {
                branches[0].Close();
                branches[1].Close();
            }

            await Task.WhenAll(running);
            circuit.Dispose();
        }

        await rig.BecomesIdleAsync();

        static async Task RunAsync(ClientBranch branch)
        {
            try
            {
                await ClientCircuitTests.ExchangeAsync(branch.Open(ServiceId.Store), new byte[4_000_000]);
            }
            catch (StreamResetException)
            {
                // What was to be shown.
            }
        }
    }

    [Fact]
    public async Task A_stream_that_is_reset_at_once_harms_nobody()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, RelayRig.Token);
        for (int round = 0; round < 200; round++)
        {
            // RESET may go before OPEN, overtake it, or come after it.
            var stream = branch.Open(ServiceId.Store);
            await stream.Output.WriteAsync(new byte[(round % 20) * 1_000], TestContext.Current.CancellationToken);
            stream.Reset();
            await Eventually.HoldsAsync(() => branch.StreamCount == 0, "it is gone");
        }

        var sent = ClientCircuitTests.Pattern(100_000);
        Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(branch.Open(ServiceId.Store), sent));
        Assert.False(branch.IsClosed);
    }

    [Fact]
    public async Task A_stream_that_ended_long_ago_can_be_reset_and_read_without_harm()
    {
        var time = new ManualTime();
        await using var rig = new RelayRig(1, time: time);
        using var circuit = await rig.BuildAsync(0);
        var stream = circuit.Open(ServiceId.Store);
        await stream.Output.WriteAsync(new byte[200_000], RelayRig.Token);
        await stream.Output.CompleteAsync();
        var all = await stream.Input.ReadAtLeastAsync(200_000, RelayRig.Token);
        stream.Input.AdvanceTo(all.Buffer.Start);
        await LivesAsync(circuit);

        for (int step = 0; step < 6; step++)
        {
            // In steps and in use: a circuit whose peer keeps granted room and sends nothing for a minute is closed.
            time.Advance(TimeSpan.FromSeconds(15));
            await LivesAsync(circuit);
        }

        all = await stream.Input.ReadAsync(RelayRig.Token);
        stream.Input.AdvanceTo(all.Buffer.End);
        stream.Reset();

        await LivesAsync(circuit);
        Assert.False(circuit.IsClosed);
    }

    [Fact]
    public async Task A_writer_that_fails_resets_the_stream_and_nothing_else()
    {
        await using var rig = new RelayRig(1);
        var outcome = new TaskCompletionSource<Exception?>();
        rig.Service = async stream =>
        {
            try
            {
                await RelayRig.EchoAsync(stream);
                outcome.TrySetResult(null);
            }
            catch (StreamResetException fault)
            {
                outcome.TrySetResult(fault);
            }
        };
        using var circuit = await rig.BuildAsync(0);
        var stream = circuit.Open(ServiceId.Store);
        await PingAsync(stream);

        await stream.Output.CompleteAsync(new IOException("the file cannot be read"));

        Assert.NotNull(await outcome.Task);
        rig.Service = RelayRig.EchoAsync;
        await LivesAsync(circuit);
    }

    [Fact]
    public async Task An_end_goes_out_even_when_the_window_is_used_up()
    {
        var ended = new TaskCompletionSource<bool>();
        await using var rig = new RelayRig(1)
        {
            Service = async stream =>
            {
                var result = await stream.Input.ReadAtLeastAsync(262_145);
                stream.Input.AdvanceTo(result.Buffer.Start);
                ended.SetResult(result.IsCompleted);
                stream.Reset();
            },
        };
        using var circuit = await rig.BuildAsync(0);
        var stream = circuit.Open(ServiceId.Store);
        var writing = stream.Output.WriteAsync(new byte[262_144], RelayRig.Token);
        await writing;
        await stream.Output.CompleteAsync();

        Assert.True(await ended.Task);
    }

    private static bool CanOpen(ClientCircuit circuit)
    {
        try
        {
            circuit.Open(ServiceId.Store);
            return true;
        }
        catch (StreamResetException)
        {
            return false;
        }
    }

    private static async Task LivesAsync(ClientCircuit circuit)
    {
        var sent = ClientCircuitTests.Pattern(5_000);
        Assert.Equal(sent, await ClientCircuitTests.ExchangeAsync(circuit.Open(ServiceId.Store), sent));
    }

    private static async Task PingAsync(CircuitStream stream)
    {
        await stream.Output.WriteAsync(new byte[10], RelayRig.Token);
        var answer = await stream.Input.ReadAtLeastAsync(10, RelayRig.Token);
        stream.Input.AdvanceTo(answer.Buffer.End);
    }

    private static async Task FillAsync(CircuitStream stream, Action<int>? onWritten = null)
    {
        while (true)
        {
            await stream.Output.WriteAsync(new byte[8_192]);
            onWritten?.Invoke(8_192);
        }
    }

    // Reads nothing until the stream is gone.
    private static async Task StallAsync(CircuitStream stream)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            stream.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
