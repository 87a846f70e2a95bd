using Veil.Content.Transfers;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Which failures of one store count (spec/stripe.md, section 4).</summary>
public sealed class FaultRunTests
{
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(60);

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(4_000, 1)]
    [InlineData(7_000, 1)]
    [InlineData(7_001, 5)]
    [InlineData(30_000, 5)]
    public void What_fails_together_counts_once_unless_it_took_as_long_as_a_stores_time_limit(int after, int counted)
    {
        FaultRun run = default;
        var began = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(after));

        for (var request = 0; request < 5; request++) run = run.After(_time, began);

        Assert.Equal(counted, run.Count);
    }

    [Fact]
    public void What_failed_one_after_the_other_counts_each_and_is_forgotten_in_time()
    {
        FaultRun run = default;
        for (var request = 0; request < FaultRun.Limit; request++)
        {
            Assert.False(run.Holds(_time, _rest));
            var began = _time.GetTimestamp();
            _time.Advance(TimeSpan.FromMilliseconds(20));
            run = run.After(_time, began);
        }

        Assert.True(run.Holds(_time, _rest));
        _time.Advance(_rest);
        Assert.False(run.Holds(_time, _rest));
    }
}
