using Veil.Simulation.Kernel;
using Xunit;

namespace Veil.Simulation.Tests.Tracing;

public sealed class TraceTests
{
    [Fact]
    public void Equal_events_have_equal_hashes_over_many_buffers() =>
        Assert.Equal(HashOf(static _ => { }), HashOf(static _ => { }));

    [Theory]
    [InlineData("node")]
    [InlineData("kind")]
    [InlineData("number")]
    [InlineData("time")]
    [InlineData("order")]
    public void Any_difference_changes_the_hash(string difference)
    {
        var different = HashOf(kernel =>
        {
            if (difference == "time")
                kernel.RunFor(TimeSpan.FromTicks(1));
            if (difference == "order")
                kernel.Trace.Record("y", "first");
            kernel.Trace.Record(difference == "node" ? "other" : "x", difference == "kind" ? "other" : "last", 1, 2);
            if (difference != "order")
                kernel.Trace.Record("y", "first", difference == "number" ? 1 : 0);
        });

        Assert.NotEqual(
            HashOf(static kernel =>
            {
                kernel.Trace.Record("x", "last", 1, 2);
                kernel.Trace.Record("y", "first");
            }),
            different);
    }

    [Fact]
    public void Reading_the_hash_changes_nothing()
    {
        var read = HashOf(static kernel => kernel.Trace.ToHex());

        Assert.Equal(HashOf(static _ => { }), read);
    }

    [Fact]
    public void The_tail_holds_the_last_events_oldest_first()
    {
        var kernel = new SimulationKernel(1);
        for (var number = 0; number < 100; number++)
            kernel.Trace.Record("x", "count", number);

        Assert.Equal(Enumerable.Range(36, 64).Select(number => (long)number), kernel.Trace.Tail().Select(e => e.A));
    }

    private static string HashOf(Action<SimulationKernel> after)
    {
        var kernel = new SimulationKernel(1);
        for (var number = 0; number < 1000; number++)
            kernel.Trace.Record($"node{number % 10}", "count", number);
        after(kernel);
        return kernel.Trace.ToHex();
    }
}
