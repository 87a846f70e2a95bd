using Veil.Circuits.Cells;
using Veil.Circuits.Flow;
using Veil.Circuits.Limits;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Circuits.Flow;

/// <summary>How windows grow and shrink (spec/circuit.md, section 4; spec/stream.md, section 3).</summary>
public sealed class GrowingWindowTests
{
    private static readonly WindowSizes _sizes = new(First: 4, Usual: 4, Loud: 16, Most: 1_024) { Quanta = 4 };

    private readonly ManualTime _time = new();

    [Fact]
    public void A_sender_that_is_held_up_gets_what_the_path_takes_up_and_no_more()
    {
        var pool = Pool(100_000);
        var window = Window(pool);
        var sender = new Sender(window, _time);

        // 100 things take a round trip of 10 ms: the path holds that many.
        sender.Run(rounds: 200, most: 100);

        Assert.InRange(window.Size, 200, 400);
        window.Close();
        Assert.Equal(0, pool.Reserved);
    }

    [Fact]
    public void A_fast_short_path_leaves_it_at_what_use_alone_gives()
    {
        var window = Window(Pool(100_000));

        new Sender(window, _time).Run(rounds: 200, most: 2);

        Assert.Equal(_sizes.Loud, window.Size);
    }

    [Fact]
    public void A_reader_that_does_not_keep_up_gets_no_more()
    {
        var window = Window(Pool(100_000));
        Assert.True(window.TryReceive(_sizes.First));

        // One leaves at a time, while the rest waits.
        for (int round = 0; round < 100; round++)
        {
            window.Consume(1);
            int granted = window.TakeGrant();
            Assert.True(granted == 0 || window.TryReceive(granted));
        }

        Assert.Equal(_sizes.First, window.Size);
    }

    [Fact]
    public void It_grows_into_half_of_the_budget_and_gives_back_when_memory_is_short()
    {
        var pool = Pool(100);
        var window = Window(pool);
        new Sender(window, _time).Run(rounds: 200, most: 100);
        Assert.InRange(window.Size, _sizes.First + 1, 50);

        for (int round = 0; round < 100; round++)
        {
            // Others take what there is.
            Assert.True(pool.TryReserve(100 - (int)pool.Reserved));
            window.TryReceive(1);
            window.Consume(1);
            window.TakeGrant();
        }

        Assert.Equal(_sizes.First, window.Size);
    }

    [Fact]
    public void What_large_ones_have_taken_leaves_the_usual_size_to_whoever_comes_later()
    {
        var pool = Pool(128);
        var terms = new WindowTerms(new(First: 2, Usual: 8, Loud: 32, Most: 32) { Quanta = 2 }, pool, _time);
        for (int circuit = 0; circuit < 6; circuit++)
        {
            Assert.True(pool.TryReserve(terms.Sizes.First));
            var large = new GrowingWindow(terms);
            new Sender(large, _time).Run(rounds: 50, most: 100);
            Assert.InRange(large.Size, terms.Sizes.Usual, terms.Sizes.Loud);
        }

        Assert.InRange(pool.Reserved, 65, 112 - terms.Sizes.Usual);
        Assert.True(pool.TryReserve(terms.Sizes.First));
        var late = new GrowingWindow(terms);
        new Sender(late, _time).Run(rounds: 50, most: 100);

        Assert.Equal(terms.Sizes.Usual, late.Size);
    }

    [Fact]
    public void What_was_not_granted_is_refused_and_a_closed_one_grants_nothing()
    {
        var pool = Pool(100);
        var window = Window(pool);
        Assert.True(window.TryReceive(_sizes.First));
        Assert.False(window.TryReceive(1));

        window.Close();
        window.Close();
        window.Consume(_sizes.First);

        Assert.Equal(0, window.TakeGrant());
        Assert.Equal(0, pool.Reserved);
    }

    [Fact]
    public void Bytes_are_charged_as_cells()
    {
        var pool = Pool(1_000);
        var sizes = new WindowSizes(First: 8_192, Usual: 8_192, Loud: 32_768, Most: 32_768)
        {
            Quanta = 2,
            PerCell = 2_048,
        };
        Assert.True(pool.TryReserve(sizes.First / sizes.PerCell));
        var window = new GrowingWindow(new WindowTerms(sizes, pool, _time));

        new Sender(window, _time).Run(rounds: 20, most: 100_000);

        Assert.Equal(sizes.Most, window.Size);
        Assert.Equal(sizes.Most / sizes.PerCell, pool.Reserved);
    }

    private static CellPool Pool(int cells) =>
        new(new NodeLimits(new NodeLimitValues { MemoryBytes = cells * 2_048L }));

    private GrowingWindow Window(CellPool pool)
    {
        Assert.True(pool.TryReserve(_sizes.First));
        return new GrowingWindow(new WindowTerms(_sizes, pool, _time));
    }

    // Sends all that it may and the path holds; what it sent arrives, is used up and granted again a round trip later.
    private sealed class Sender(GrowingWindow window, ManualTime time)
    {
        private static readonly TimeSpan _roundTrip = TimeSpan.FromMilliseconds(10);

        internal void Run(int rounds, int most)
        {
            int credit = window.Size;
            for (int round = 0; round < rounds; round++)
            {
                int sent = Math.Min(credit, most);
                time.Advance(_roundTrip);
                Assert.True(window.TryReceive(sent));
                window.Consume(sent);
                credit += window.TakeGrant() - sent;
            }
        }
    }
}
