using System.Diagnostics;
using System.Globalization;
using Veil.Simulation.Seeds;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Store;
using Xunit;

namespace Veil.EndToEnd.Crashes;

/// <summary>
/// A process that is killed while it writes (spec/store.md, section 6; spec/state.md, section 1): at twenty moments
/// from a seed, in one folder, so that every opening mends what the kill before left. <c>VEIL_CRASH_SEED</c> sets the
/// seed.
/// </summary>
public sealed class CrashTests : IDisposable
{
    private const int Moments = 20;
    private const ulong DefaultSeed = 1;
    private const int BlockBytes = StoreLayout.BlockBytes;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-crash-test-");
    private readonly ulong _seed;
    private readonly DecisionSource _decisions;

    public CrashTests()
    {
        _seed = Environment.GetEnvironmentVariable("VEIL_CRASH_SEED") is { } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : DefaultSeed;
        _decisions = new SeededDecisionSource(_seed, "crashes");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_store_that_is_killed_at_any_moment_has_every_block_that_it_acknowledged_and_nothing_else()
    {
        var acknowledged = new List<long>();
        long torn = 0;
        for (var moment = 0; moment < Moments; moment++)
        {
            acknowledged.AddRange(await KillAsync(Victim.StorePart, moment, mostAnswers: 100));
            await using var store = await Victim.OpenStoreAsync(_folder.FullName);
            await AssertHasAsync(store, acknowledged, Where(moment));
            torn += store.Counters.TornBytes;
            Assert.True(store.Counters.ForeignFiles == 0, Where(moment));
            var files = _folder.GetFiles().Where(file => file.Name != "lock").ToArray();
            Assert.True(files.All(file => file.Extension is ".blocks" or ".leases"), Where(moment));
            Assert.True(files.Sum(file => file.Length) == store.Bytes, Where(moment));
        }

        // What was acknowledged after its renewal is there when the others are gone.
        TestContext.Current.TestOutputHelper?.WriteLine($"{acknowledged.Count} blocks, {torn} bytes torn");
        await using var last = await Victim.OpenStoreAsync(_folder.FullName);
        await last.ExpireAsync(TimeProvider.System.GetUtcNow().AddDays(30), Cancellation);
        await AssertHasAsync(last, acknowledged.Where(Victim.IsRenewed), Where(Moments));
    }

    [Fact]
    public async Task A_store_that_is_killed_while_it_compacts_has_every_live_block_that_it_acknowledged()
    {
        var acknowledged = new List<long>();
        for (var moment = 0; moment < Moments; moment++)
        {
            // Killed amid compaction, however fast it is beside the writing: not before it has won something back.
            var wonBack = 1 + _decisions.NextIndex(2 * Victim.SlotsPerSegment * BlockBytes);
            acknowledged.AddRange(await KillAsync(Victim.CompactPart, moment, mostAnswers: 400, wonBack));
            await using var store = await Victim.OpenStoreAsync(_folder.FullName);
            var live = acknowledged.Where(Victim.IsRenewed).ToArray();
            await AssertHasAsync(store, live, Where(moment));
            Assert.True(SizeOf(_folder) == store.Bytes, Where(moment));
        }

        const int tableBytes = 512 * 1024;
        var written = (acknowledged.Count * (long)BlockBytes)
            + (acknowledged.Count / Victim.SlotsPerSegment * (long)tableBytes);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{acknowledged.Count} blocks were acknowledged, {written} bytes; the store has {SizeOf(_folder)}");

        // What the kills left is won back like all else.
        await using var last = await Victim.OpenStoreAsync(_folder.FullName);
        await last.ExpireAsync(TimeProvider.System.GetUtcNow().AddHours(1), Cancellation);
        while ((await last.CompactAsync(Cancellation)).HasMore)
        {
        }

        await AssertHasAsync(last, acknowledged.Where(Victim.IsRenewed), Where(Moments));
        Assert.Equal(SizeOf(_folder), last.Bytes);
        Assert.True(last.Bytes < written * 6 / 10, $"{last.Bytes} of {written} bytes are left, {Where(Moments)}");
    }

    [Fact]
    public async Task A_state_that_is_killed_at_any_moment_has_every_change_that_it_acknowledged()
    {
        var acknowledged = new List<long>();
        for (var moment = 0; moment < Moments; moment++)
        {
            acknowledged.AddRange(await KillAsync(Victim.StatePart, moment, mostAnswers: 15));
            await using (var state = await Victim.OpenStateAsync(_folder.FullName))
            {
                var publications = (await state.ListPublicationsAsync(Cancellation)).ToHashSet();
                foreach (var number in acknowledged)
                {
                    Assert.True(publications.Contains(Victim.Publication(number)), $"{number}, {Where(moment)}");
                    Assert.NotNull(await state.GetSettingAsync(Victim.SettingKey(number), Cancellation));
                }
            }

            Assert.Equal(["state.db", "state.db.lock"], _folder.GetFiles().Select(file => file.Name).Order());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{acknowledged.Count} rounds of changes");
    }

    private static async Task AssertHasAsync(
        Veil.Storage.Segments.SegmentStore store, IEnumerable<long> numbers, string where)
    {
        var read = new byte[BlockBytes];
        foreach (var number in numbers)
        {
            var reference = BlockRef.Of(Victim.Block(number));
            Assert.True(await store.TryReadAsync(reference, read, Cancellation), $"block {number}, {where}");
        }
    }

    private static long SizeOf(DirectoryInfo folder) =>
        folder.GetFiles().Where(file => file.Name != "lock").Sum(file => file.Length);

    private string Where(int moment) => $"moment {moment}: replay with VEIL_CRASH_SEED={_seed}";

    /// <summary>
    /// Kills a child after a number of answers from the seed, and not before it has won back so many bytes; all that
    /// it answered.
    /// </summary>
    private async Task<List<long>> KillAsync(string part, int moment, int mostAnswers, long leastWonBack = 0)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        var first = (moment * 1_000_000L).ToString(CultureInfo.InvariantCulture);
        foreach (var argument in new[]
        {
            Path.Combine(AppContext.BaseDirectory, "Veil.EndToEnd.dll"), Victim.Verb, part, _folder.FullName, first,
        })
        {
            start.ArgumentList.Add(argument);
        }

        var answers = 1 + _decisions.NextIndex(mostAnswers);
        var acknowledged = new List<long>();
        var isKilled = false;
        using var child = Process.Start(start)!;
        try
        {
            while (await child.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            {
                var said = line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
                acknowledged.Add(said[0]);
                if (!isKilled && acknowledged.Count >= answers && said[1] >= leastWonBack)
                {
                    isKilled = true;

                    // SIGKILL; what it had answered by then is still in the pipe.
                    child.Kill();
                }
            }
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(CancellationToken.None);
        }

        Assert.True(isKilled, $"the child ended by itself, {Where(moment)}");
        return acknowledged;
    }
}
