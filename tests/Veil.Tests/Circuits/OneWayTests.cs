using Veil.Circuits;
using Veil.Circuits.Streams;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Cells;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Circuits in which one lane of one direction rests for longer than the others.</summary>
public sealed class OneWayTests
{
    // More than a window of a stream, so that room is granted back all the time.
    private const int StepBytes = 3 << 20;
    private const int Steps = 20;

    // More than a part of the usual window that is granted at a time.
    private const int MostUsed = 20;

    // Before what is kept costs the circuit.
    private const int MostTicks = 11;
    private static readonly TimeSpan _step = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_download_of_minutes_that_asks_only_once_goes_on()
    {
        var time = new ManualTime();
        await using var rig = new RelayRig(1, time: time);
        rig.Service = SendAsync;
        using var circuit = await rig.BuildAsync(0);
        var stream = circuit.Open(ServiceId.Store);
        await stream.Output.WriteAsync(new byte[1], RelayRig.Token);

        for (var step = 0; step < Steps; step++)
        {
            var came = await stream.Input.ReadAtLeastAsync(1, RelayRig.Token);
            for (var left = StepBytes; left > 0;)
            {
                var taken = (int)Math.Min(left, came.Buffer.Length);
                stream.Input.AdvanceTo(came.Buffer.GetPosition(taken));
                left -= taken;
                came = await stream.Input.ReadAtLeastAsync(1, RelayRig.Token);
            }

            stream.Input.AdvanceTo(came.Buffer.Start);
            time.Advance(_step);
        }

        Assert.False(circuit.IsClosed);
        stream.Reset();
    }

    [Fact]
    public async Task A_circuit_at_rest_keeps_its_first_windows_only_whatever_was_used()
    {
        var time = new ManualTime();
        await using var rig = new RelayRig(1, time: time);
        using var circuit = await rig.BuildAsync(0);
        CircuitContext[] ends = [rig.Client, rig.Relays[0].Context];
        for (var used = 1; used <= MostUsed; used++)
        {
            var bytes = ClientCircuitTests.Pattern(used * CellLayout.CellBytes);
            Assert.Equal(bytes, await ClientCircuitTests.ExchangeAsync(circuit.Open(ServiceId.Store), bytes));

            // Each tick may cause cells, and they others.
            for (var tick = 0; tick < MostTicks && ends.Any(end => end.ReservedCells != rig.Options.FirstCells); tick++)
            {
                time.Advance(_step);
                await Eventually.SettlesAsync(() => ends.Sum(end => end.ReservedCells));
            }

            Assert.All(ends, end => Assert.Equal(rig.Options.FirstCells, end.ReservedCells));
            Assert.False(circuit.IsClosed);
        }
    }

    private static async Task SendAsync(CircuitStream stream)
    {
        try
        {
            while (true)
            {
                await stream.Output.WriteAsync(new byte[64 * 1024]);
            }
        }
        catch (IOException)
        {
            // The test is over.
        }
    }
}
