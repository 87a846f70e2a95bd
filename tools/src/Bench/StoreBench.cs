using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Store;

namespace Veil.Bench;

/// <summary>
/// A store of many blocks that is killed and opened again: how long the opening takes with a warm and a cold file
/// cache, and what a block costs in memory. <c>--blocks N</c> (default 200,000: 6.5 GB), <c>--folder DIR</c> (default
/// the system's folder for temporary files); what was written is deleted at the end.
/// </summary>
internal sealed class StoreBench(IReadOnlyList<string> options) : IBench
{
    private const int DefaultBlocks = 200_000;
    private const int Samples = 3;
    private const int InFlight = 128;
    private const string FillRole = "fill";
    private const string OpenRole = "open";

    private Action _endChild = () => { };

    /// <inheritdoc/>
    public string Name => "store";

    /// <inheritdoc/>
    public string Summary => "opening of a store that was killed: [--blocks 200000] [--folder DIR]";

    /// <inheritdoc/>
    public BenchReport Run()
    {
        var blocks = int.Parse(Option("--blocks") ?? $"{DefaultBlocks}", CultureInfo.InvariantCulture);
        var parent = Option("--folder") ?? Path.GetTempPath();
        var folder = Path.Combine(parent, $"veil-bench-store-{Environment.ProcessId}");
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Stop(folder));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Stop(folder));
        try
        {
            return Measure(blocks, folder);
        }
        finally
        {
            Delete(folder);
        }
    }

    /// <inheritdoc/>
    public Task PlayAsync(string role, string[] arguments)
    {
        var blocks = long.Parse(arguments[1], CultureInfo.InvariantCulture);
        return role == FillRole ? FillAsync(arguments[0], blocks) : OpenAsync(arguments[0], blocks);
    }

    private string? Option(string name) =>
        options.SkipWhile(option => option != name).Skip(1).FirstOrDefault();

    private BenchReport Measure(int blocks, string folder)
    {
        var raw = CopyRun.RawRate();
        double filled;
        using (var filler = new ChildProcess(this, FillRole, folder, $"{blocks}"))
        {
            _endChild = filler.Dispose;
            filled = Number(filler.ReadLine());

            // Disposal is SIGKILL, while more blocks are being written.
        }

        // The first opening mends what the kill tore.
        var mending = Open(folder, blocks);
        var warm = new List<Opening>();
        var cold = new List<Opening>();
        for (var sample = 0; sample < Samples; sample++)
        {
            warm.Add(Open(folder, blocks));
            FileCache.Drop(folder);
            cold.Add(Open(folder, blocks));
        }

        return new BenchReport(
            Name,
            [
                new Measurement("open after kill", "s", [mending.Seconds]),
                new Measurement("open cold", "s", [.. cold.Select(opening => opening.Seconds)]),
                new Measurement("open warm", "s", [.. warm.Select(opening => opening.Seconds)]),
                new Measurement("index", "bytes a block", [.. cold.Select(opening => opening.IndexBytes)]),
                new Measurement("heap", "bytes a block", [.. cold.Select(opening => opening.HeapBytes)]),
                new Measurement("blocks", "", [mending.Blocks]),
                new Measurement("fill", "MiB/s", [filled]),
            ],
            raw,
            filled / raw,
            new Dictionary<string, double>(),
            new Dictionary<string, double> { ["open"] = cold.Max(opening => opening.ResidentMiB) });
    }

    private Opening Open(string folder, int blocks)
    {
        using var opener = new ChildProcess(this, OpenRole, folder, $"{blocks}");
        _endChild = opener.Dispose;
        var words = opener.ReadLine().Split(' ').Select(Number).ToArray();
        var opening = new Opening(words[0], words[1], words[2], words[3], words[4]);
        return opening.Blocks >= blocks
            ? opening
            : throw new IOException($"{opening.Blocks} blocks are left of {blocks} that were acknowledged");
    }

    // The signal ends this process afterwards; a child that was not meant by it must not go on filling the disk.
    private void Stop(string folder)
    {
        _endChild();
        Delete(folder);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static void Delete(string folder)
    {
        if (System.IO.Directory.Exists(folder))
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static SegmentStoreOptions StoreIn(string folder, long blocks) => new()
    {
        Folder = folder,
        QuotaBytes = (2 * blocks * StoreLayout.BlockBytes) + (1L << 30),
    };

    // Says the rate once all blocks are acknowledged, and goes on until it is killed.
    private static async Task FillAsync(string folder, long blocks)
    {
        await using var store = await SegmentStore.OpenAsync(
            StoreIn(folder, blocks), TimeProvider.System, new SystemDecisionSource(), default);
        var start = TimeProvider.System.GetTimestamp();
        long next = 0;
        long done = 0;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
        {
            var block = new byte[StoreLayout.BlockBytes];
            while (Interlocked.Increment(ref next) is var number && number < 2 * blocks)
            {
                // Blocks need only differ: the store looks at nothing but their digest.
                BitConverter.TryWriteBytes(block, number);
                var lease = Lease.ForDays(60, TimeProvider.System);
                var outcome = await store.PutAsync(BlockRef.Of(block), block, lease, default);
                if (outcome != PutOutcome.Stored)
                {
                    throw new IOException($"a block was not stored: {outcome}");
                }

                if (Interlocked.Increment(ref done) == blocks)
                {
                    var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
                    Console.WriteLine(FormattableString.Invariant($"{blocks / 32.0 / seconds}"));
                }
            }
        }));
    }

    private static async Task OpenAsync(string folder, long blocks)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var start = TimeProvider.System.GetTimestamp();
        await using var store = await SegmentStore.OpenAsync(
            StoreIn(folder, blocks), TimeProvider.System, new SystemDecisionSource(), default);
        var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        var heap = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / store.BlockCount;
        var index = (double)store.IndexBytes / store.BlockCount;
        using var self = Process.GetCurrentProcess();
        var resident = self.PeakWorkingSet64 / 1048576.0;
        Console.WriteLine(
            FormattableString.Invariant($"{seconds} {store.BlockCount} {index} {heap} {resident}"));
    }

    private sealed record Opening(
        double Seconds,
        double Blocks,
        double IndexBytes,
        double HeapBytes,
        double ResidentMiB);
}
