using Veil.Simulation.Kernel;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

public sealed class VirtualTimeTests
{
    private readonly SimulationKernel _kernel = new(seed: 1);

    private VirtualTimeProvider Time => _kernel.Root.Time;

    [Fact]
    public void Time_starts_in_2030_in_UTC() =>
        Assert.Equal(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), Time.GetLocalNow());

    [Fact]
    public void A_host_with_an_offset_sees_another_calendar_and_the_same_durations()
    {
        var host = _kernel.CreateHost("ahead", TimeSpan.FromMinutes(5));
        var started = host.Time.GetTimestamp();

        _kernel.RunFor(TimeSpan.FromSeconds(3));
        host.Time.Offset = TimeSpan.FromMinutes(-5);

        Assert.Equal(TimeSpan.FromMinutes(-5), host.Time.GetUtcNow() - Time.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(3), host.Time.GetElapsedTime(started));
    }

    [Fact]
    public void Timestamps_are_not_ticks()
    {
        var started = Time.GetTimestamp();

        _kernel.RunFor(TimeSpan.FromSeconds(1));

        Assert.Equal(Time.TimestampFrequency, Time.GetTimestamp() - started);
        Assert.NotEqual(TimeSpan.TicksPerSecond, Time.TimestampFrequency);
    }

    [Fact]
    public void A_timer_repeats_until_it_is_disposed()
    {
        var fired = new List<TimeSpan>();
        var timer = Time.CreateTimer(
            _ => fired.Add(_kernel.Elapsed), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        _kernel.RunFor(TimeSpan.FromSeconds(5));
        timer.Dispose();
        _kernel.RunFor(TimeSpan.FromSeconds(5));

        Assert.Equal([1, 3, 5], fired.Select(at => (int)at.TotalSeconds));
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
        Assert.Equal(0, _kernel.Pending);
    }

    [Fact]
    public void A_timer_that_is_changed_fires_at_the_new_moment_only()
    {
        var fired = new List<TimeSpan>();
        using var timer = Time.CreateTimer(
            _ => fired.Add(_kernel.Elapsed), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        timer.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
        _kernel.RunFor(TimeSpan.FromSeconds(9));

        Assert.Equal([TimeSpan.FromSeconds(4)], fired);
    }

    [Fact]
    public void A_timer_refuses_a_negative_wait() =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Time.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(-1), Timeout.InfiniteTimeSpan));
}
