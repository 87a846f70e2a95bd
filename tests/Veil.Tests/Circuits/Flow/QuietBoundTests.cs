using Veil.Circuits.Flow;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>Which circuits are quiet (spec/circuit.md, section 4).</summary>
public sealed class QuietBoundTests
{
    [Fact]
    public void Who_sends_less_than_half_of_what_the_circuit_of_an_average_cell_sends_is_quiet()
    {
        var bound = new QuietBound();
        Play(ref bound, [.. Enumerable.Repeat(300, 8), 100]);

        Assert.InRange(200, 0, bound.Of(2) - 1);
        Assert.InRange(600, bound.Of(2), int.MaxValue);
    }

    [Fact]
    public void Many_circuits_that_send_next_to_nothing_make_nobody_loud()
    {
        var bound = new QuietBound();
        Play(ref bound, [.. Enumerable.Repeat(300, 8), 100, .. Enumerable.Repeat(1, 300)]);

        Assert.InRange(200, 0, bound.Of(2) - 1);
    }

    [Fact]
    public void A_circuit_that_is_alone_is_loud_and_few_cells_are_always_quiet()
    {
        var bound = new QuietBound();
        Assert.Equal(16, bound.Of(0));

        Play(ref bound, [500]);

        Assert.InRange(bound.Of(2), 450, 550);
        Assert.Equal(16, bound.Of(4));
    }

    [Fact]
    public void Two_tenths_of_a_second_count_and_no_clock_that_is_late()
    {
        var recent = new Recent<int>();
        recent.Add(int.MaxValue, 2);

        // The number of the tenth wraps around.
        recent.Add(int.MinValue, 1);
        Assert.Equal((1, 2), recent.Of(int.MinValue));
        recent.Add(int.MaxValue, 1);
        Assert.Equal(4, recent.SumOf(int.MinValue));
        Assert.Equal((0, 2), recent.Of(int.MinValue + 1));
        Assert.Equal(0, recent.SumOf(int.MinValue + 3));
    }

    // Tenths of a second up to the second, in each of which each circuit sends its cells, one after another.
    private static void Play(ref QuietBound bound, int[] cellsOfCircuits)
    {
        for (int beat = 0; beat <= 2; beat++)
        {
            foreach (int cells in cellsOfCircuits)
            {
                var sent = default(CellSum);
                for (int cell = 1; cell <= cells; cell++)
                {
                    sent = sent.With((beat > 0 ? cells : 0) + cell);
                }

                bound.Count(beat, sent);
            }
        }
    }
}
