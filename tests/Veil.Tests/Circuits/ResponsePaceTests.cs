using Veil.Circuits;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>When an answer counts as late (spec/stripe.md, section 7; spec/circuit.md, section 6).</summary>
public sealed class ResponsePaceTests
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly ResponsePace _pace;

    public ResponsePaceTests() => _pace = new ResponsePace(_time, TimeSpan.FromSeconds(2), Shortest, Longest);

    [Fact]
    public void Before_the_first_answer_it_is_the_initial_time()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), _pace.Limit);
    }

    [Fact]
    public void It_follows_the_answers_within_its_bounds()
    {
        for (int count = 0; count < 100; count++)
        {
            _pace.Observe(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_pace.Limit.TotalSeconds, 1, 1.01);
        for (int count = 0; count < 100; count++)
        {
            _pace.Observe(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(Shortest, _pace.Limit);
        _pace.Observe(TimeSpan.FromMinutes(1));
        Assert.Equal(Longest, _pace.Limit);
    }

    [Fact]
    public void What_does_not_come_doubles_it_until_something_comes()
    {
        _pace.Observe(TimeSpan.FromSeconds(1));
        var usual = _pace.Limit;
        _pace.Miss();
        Assert.Equal(usual, _pace.Limit);

        // Only where nothing else came in the time either.
        _time.Advance(usual * 2);
        _pace.Miss();
        _pace.Miss();
        Assert.Equal(usual * 2, _pace.Limit);
        for (int count = 0; count < 10; count++)
        {
            _time.Advance(Longest * 2);
            _pace.Miss();
        }

        Assert.Equal(Longest, _pace.Limit);
        _pace.Observe(TimeSpan.FromSeconds(1));
        Assert.True(_pace.Limit <= usual);
    }
}
