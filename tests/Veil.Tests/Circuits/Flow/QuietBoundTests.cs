using Veil.Circuits.Flow;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>Which circuits are quiet (spec/circuit.md, section 4).</summary>
public sealed class QuietBoundTests
{
    [Fact]
    public void Who_sends_less_than_half_of_the_average_is_quiet_however_much_that_is()
    {
        var bound = new QuietBound();
        for (int beat = 1; beat <= 2; beat++)
        {
            // Eight of 300 and one of 100.
            bound.Count(beat, (8 * 300) + 100, circuits: 9);
        }

        Assert.InRange(200, 0, bound.Of(2) - 1);
        Assert.InRange(600, bound.Of(2), int.MaxValue);
    }

    [Fact]
    public void A_circuit_that_is_alone_is_loud_and_few_cells_are_always_quiet()
    {
        var bound = new QuietBound();
        Assert.Equal(16, bound.Of(1));

        bound.Count(1, 500, circuits: 1);
        bound.Count(2, 500, circuits: 1);

        Assert.Equal(500, bound.Of(2));
        Assert.Equal(16, bound.Of(4));
    }

    [Fact]
    public void Two_tenths_of_a_second_count_and_no_clock_that_is_late()
    {
        var recent = new RecentCells();
        Assert.True(recent.Add(int.MaxValue));
        Assert.False(recent.Add(int.MaxValue));

        // The number of the tenth wraps around.
        Assert.True(recent.Add(int.MinValue));
        Assert.Equal(3, recent.Of(int.MinValue));
        Assert.False(recent.Add(int.MaxValue));
        Assert.Equal(4, recent.Of(int.MinValue));
        Assert.Equal(2, recent.Of(int.MinValue + 1));
        Assert.Equal(0, recent.Of(int.MinValue + 3));
    }
}
