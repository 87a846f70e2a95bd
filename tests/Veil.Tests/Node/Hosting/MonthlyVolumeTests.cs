using Microsoft.Extensions.Logging.Abstractions;
using Veil.Circuits.Limits;
using Veil.Node.Configuration;
using Veil.Node.Hosting;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Node.Hosting;

/// <summary>The month's traffic over restarts (spec/operating.md, section 6).</summary>
public sealed class MonthlyVolumeTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("veil-volume-").FullName;
    private readonly ManualTime _time = new();

    private string File => Path.Combine(_folder, "volume");

    [Fact]
    public void The_relay_rests_when_the_volume_is_used_up_and_goes_on_when_it_is_raised()
    {
        var limits = new NodeLimits(new NodeLimitValues());
        using var volume = Open(limits, bound: 1_000);
        limits.Volume.AddRead(600);
        _time.Advance(Second);
        Assert.False(limits.Paused);

        limits.Volume.AddWritten(400);
        _time.Advance(Second);
        Assert.True(limits.Paused);
        Assert.Equal(1_000, volume.Bytes);

        volume.Bound = 1_001;
        Assert.False(limits.Paused);
        volume.Bound = 500;
        Assert.True(limits.Paused);
        volume.Bound = 0;
        Assert.False(limits.Paused);
    }

    [Fact]
    public void The_count_goes_on_after_a_restart_and_starts_anew_with_the_month()
    {
        var first = new NodeLimits(new NodeLimitValues());
        using (Open(first, bound: 1_000))
        {
            first.Volume.AddRead(900);
        }

        var second = new NodeLimits(new NodeLimitValues());
        using (var volume = Open(second, bound: 1_000))
        {
            Assert.Equal(900, volume.Bytes);
            second.Volume.AddRead(100);
            _time.Advance(Second);
            Assert.True(second.Paused);

            // 1970-01 is over.
            _time.Advance(TimeSpan.FromDays(31));
            Assert.False(second.Paused);
            Assert.Equal(0, volume.Bytes);
        }

        Assert.Equal("veil-volume 1\nmonth 1970-02\nbytes 0\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_crash_forgets_64_MiB_of_the_count_at_most()
    {
        var limits = new NodeLimits(new NodeLimitValues());
        var crashed = Open(limits, bound: 0);
        for (int step = 0; step < 10; step++)
        {
            limits.Volume.AddRead(10 << 20);
            _time.Advance(Second);
        }

        using var volume = Open(new NodeLimits(new NodeLimitValues()), bound: 0);
        Assert.InRange(volume.Bytes, 100L << 20 >> 1, 100L << 20);
        Assert.InRange((100L << 20) - volume.Bytes, 0, 64L << 20);
        crashed.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("veil-volume 2\nmonth 1970-01\nbytes 1\n")]
    [InlineData("veil-volume 1\nmonth 1970-01\nbytes -1\n")]
    [InlineData("veil-volume 1\nmonth 1970-01\nbytes 99999999999999999999\n")]
    public void A_damaged_file_is_refused_and_left_as_it_is(string text)
    {
        System.IO.File.WriteAllText(File, text);
        var fault = Assert.Throws<NodeStartException>(() => Open(new NodeLimits(new NodeLimitValues()), bound: 0));
        Assert.Contains("damaged", fault.Message, StringComparison.Ordinal);
        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private MonthlyVolume Open(NodeLimits limits, long bound) =>
        new(limits, bound, File, _time, NullLogger.Instance);
}
