using Veil.Storage.Serving;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Bench;

/// <summary>
/// What stamps cost (spec/stamp.md, section 6): hashes a second of one core that searches, one check, and from both the
/// processor time of a GiB-month at each price. <c>--seconds N</c> (default 2) for each sample.
/// </summary>
internal sealed class StampBench(BenchOptions options) : IBench
{
    private const int Samples = 5;
    private const int HashesAtOnce = 1 << 16;
    private const int ChecksAtOnce = 1 << 12;
    private const double BlockDaysPerGiBMonth = 30.0 * (1 << 30) / StoreLayout.BlockBytes;
    private const int StepsShown = 11;

    /// <inheritdoc/>
    public string Name => "stamp";

    /// <inheritdoc/>
    public string Summary => "finding and checking of stamps, CPU of a GiB-month: [--seconds 2]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var seconds = options.Number("--seconds", 2);
        var raw = CopyRun.RawRate();
        var hashes = Enumerable.Range(0, Samples).Select(_ => HashesPerSecond(seconds)).ToArray();
        var checks = Enumerable.Range(0, Samples).Select(_ => MicrosecondsPerCheck(seconds)).ToArray();
        var rate = Measurement.MedianOf(hashes);
        var tariff = new StampTariff();
        var costs = Enumerable.Range(0, StepsShown).Select(step => 50 + (5 * step)).Select(fill =>
        {
            var price = tariff.At(fill, 100).HashesPerDay;
            return new Measurement(
                $"GiB-month at {fill} % ({price})", "CPU s", [price * BlockDaysPerGiBMonth / rate]);
        });
        return new BenchReport(
            Name,
            [
                new Measurement("hashes of one core", "million/s", [.. hashes.Select(value => value / 1e6)]),
                new Measurement("one check", "µs", checks),
                .. costs,
            ],
            raw,
            0,
            new Dictionary<string, double>(),
            new Dictionary<string, double>());
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments) =>
        throw new NotSupportedException("the bench has no processes of its own");

    private static double HashesPerSecond(double seconds)
    {
        // Never found: the work is the most that there is.
        var search = new StampSearch(default, ulong.MaxValue);
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start).TotalSeconds < seconds)
        {
            search.TryFind(HashesAtOnce, out _);
        }

        return search.Tried / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static double MicrosecondsPerCheck(double seconds)
    {
        var terms = new StampTerms(default, default, default, default);
        var start = TimeProvider.System.GetTimestamp();
        ulong checks = 0;
        while (TimeProvider.System.GetElapsedTime(start).TotalSeconds < seconds)
        {
            for (var check = 0; check < ChecksAtOnce; check++)
            {
                terms.IsPaid(new Stamp(++checks), ulong.MaxValue);
            }
        }

        return TimeProvider.System.GetElapsedTime(start).TotalSeconds * 1e6 / checks;
    }
}
