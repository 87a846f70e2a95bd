using Veil.Simulation.Kernel;
using Veil.Simulation.Seeds;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

public sealed class EventHeapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Events_come_out_in_order_whatever_was_taken_out_of_the_middle(ulong seed)
    {
        var decisions = new SeededDecisionSource(seed, "heap");
        var context = new SimulationKernel(seed).Root.Context;
        var heap = new EventHeap();
        var model = new SortedDictionary<(long Due, long Sequence), Marker>();
        for (var sequence = 0; sequence < 5000; sequence++)
        {
            var marker = new Marker(context, decisions.NextIndex(100), sequence);
            heap.Add(marker, marker.Due, sequence);
            model.Add((marker.Due, sequence), marker);
            if (decisions.NextIndex(3) != 0)
                continue;
            var victim = model.ElementAt(decisions.NextIndex(model.Count));
            heap.Remove(victim.Value);
            model.Remove(victim.Key);
            Assert.False(victim.Value.IsScheduled);
        }

        Assert.Equal(model.Count, heap.Count);
        foreach (var expected in model.Values)
            Assert.Same(expected, heap.TakeFirst());
    }

    private sealed class Marker(SimulationContext context, long due, long sequence) : ScheduledEvent
    {
        public override SimulationContext Context { get; } = context;

        public long Due { get; } = due;

        public override string ToString() => $"{Due}/{sequence}";

        protected internal override void Fire()
        {
        }
    }
}
