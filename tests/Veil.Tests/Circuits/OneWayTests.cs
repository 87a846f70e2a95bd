using Veil.Circuits.Streams;
using Veil.Tests.Gateway;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Circuits in which one lane of one direction rests for longer than the others.</summary>
public sealed class OneWayTests
{
    // More than a window of a stream, so that room is granted back all the time.
    private const int StepBytes = 3 << 20;
    private const int Steps = 20;
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
