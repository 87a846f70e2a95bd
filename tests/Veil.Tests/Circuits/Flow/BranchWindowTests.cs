using Veil.Circuits;
using Veil.Circuits.Cells;
using Veil.Circuits.Limits;
using Veil.Circuits.Relaying;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>What a third hop grants one branch (spec/circuit.md, section 4, "Per branch").</summary>
public sealed class BranchWindowTests
{
    private static readonly CircuitOptions _options = new();

    [Fact]
    public void A_cell_beyond_the_grant_is_refused()
    {
        var window = new BranchWindow(_options, Pool(100_000));

        for (int cell = 0; cell < _options.BranchWindow; cell++)
        {
            Assert.True(window.TryAccept());
        }

        Assert.False(window.TryAccept());
    }

    [Fact]
    public void It_doubles_up_to_its_bound_while_the_store_keeps_up()
    {
        var window = new BranchWindow(_options, Pool(100_000));

        int credit = Use(window, _options.BranchWindow, cells: 10_000);

        // What is granted and not used is never more than the bound, nor less than the three quarters not yet due.
        Assert.InRange(credit, _options.MaxBranchWindow * 3 / 4, _options.MaxBranchWindow);
        Assert.Equal(_options.MaxBranchWindow / 4, Quantum(window, ref credit));
    }

    [Fact]
    public void It_stays_where_cells_wait_for_the_store()
    {
        var window = new BranchWindow(_options, Pool(100_000));
        int waiting = 0;
        for (; waiting < _options.BranchWindow; waiting++)
        {
            Assert.True(window.TryAccept());
        }

        // One leaves at a time, and the client sends at once what is granted.
        for (int left = 0; left < 10_000; left++)
        {
            waiting--;
            if (window.CountLeft())
            {
                for (int more = window.TakeGrant(); more > 0; more--, waiting++)
                {
                    Assert.True(window.TryAccept());
                }
            }
        }

        Assert.InRange(waiting, 1, _options.BranchWindow);
    }

    [Fact]
    public void It_stays_where_half_of_the_budget_is_granted()
    {
        var pool = Pool(1_000);
        Assert.True(pool.TryReserve(501));
        var window = new BranchWindow(_options, pool);

        int credit = Use(window, _options.BranchWindow, cells: 10_000);

        Assert.InRange(credit, 1, _options.BranchWindow);
    }

    // Each cell leaves as soon as it came; returns the credit that is left.
    private static int Use(BranchWindow window, int credit, int cells)
    {
        for (int cell = 0; cell < cells; cell++)
        {
            Assert.True(window.TryAccept());
            credit--;
            if (window.CountLeft())
            {
                credit += window.TakeGrant();
            }
        }

        return credit;
    }

    private static int Quantum(BranchWindow window, ref int credit)
    {
        Assert.True(window.TryAccept());
        credit--;
        while (!window.CountLeft())
        {
            Assert.True(window.TryAccept());
            credit--;
        }

        return window.TakeGrant();
    }

    private static CellPool Pool(int cells) =>
        new(new NodeLimits(new NodeLimitValues { MemoryBytes = cells * 2_048L }));
}
