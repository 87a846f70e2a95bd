using Veil.Wire.Seams;

namespace Veil.Content.Keeping;

/// <summary>When rounds are (spec/keeping.md, section 6), with chance in it so that keepers do not march in
/// step.</summary>
public static class RoundTimes
{
    private const int SoonParts = 20;
    private const int LeftOverParts = 4;
    private const int SpreadParts = 8;

    /// <summary>The first round, and one that was missed: within a twentieth of the interval.</summary>
    public static DateTimeOffset Soon(DateTimeOffset now, TimeSpan interval, DecisionSource decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        return now + decisions.NextTime(TimeSpan.Zero, interval / SoonParts);
    }

    /// <summary>The round after one that began at <paramref name="began"/>: an interval later, a quarter of one where
    /// something is left over, ± 25 %.</summary>
    public static DateTimeOffset Next(
        DateTimeOffset began,
        TimeSpan interval,
        RepairVerdict verdict,
        DecisionSource decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        var usual = verdict == RepairVerdict.RepairPart ? interval / LeftOverParts : interval;
        return began + decisions.NextTime(usual * 0.75, usual * 1.25);
    }

    /// <summary>Over which time a round spreads its visits, with so many kept objects that take turns.</summary>
    public static TimeSpan Spread(TimeSpan interval, int keeps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keeps);
        return keeps * 2 > SpreadParts ? interval / (keeps * 2) : interval / SpreadParts;
    }
}
