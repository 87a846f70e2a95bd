using System.Diagnostics.CodeAnalysis;
using Veil.Simulation.Kernel;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

public sealed class LoopSpeedTests
{
    private const int Timers = 1000;
    private const int TicksEach = 500;

    [Fact]
    [SuppressMessage("Reliability", "CA2000", Justification = "The timers end with the loop.")]
    public void Half_a_million_ticks_of_a_thousand_timers_allocate_nothing_each()
    {
        var kernel = new SimulationKernel(seed: 1);
        var fired = 0;
        for (var index = 1; index <= Timers; index++)
        {
            var first = TimeSpan.FromTicks(index);
            kernel.Root.Time.CreateTimer(_ => fired++, null, first, TimeSpan.FromMilliseconds(1));
        }
        kernel.RunFor(TimeSpan.FromMilliseconds(1));
        fired = 0;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeProvider.System.GetTimestamp();

        kernel.RunFor(TimeSpan.FromMilliseconds(TicksEach));

        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Assert.Equal(Timers * TicksEach, fired);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, fired);
        TestContext.Current.TestOutputHelper?.WriteLine($"{fired / seconds:F0} events/s");
    }
}
