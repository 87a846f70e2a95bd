using System.Globalization;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Store;

namespace Veil.EndToEnd.Crashes;

/// <summary>
/// What a child process of the crash tests does until it is killed: it writes, and says the number of everything that
/// was acknowledged, a line each, with the bytes that its compaction has won back by then.
/// </summary>
internal static class Victim
{
    /// <summary>The first argument of a child; then part, folder and first number.</summary>
    internal const string Verb = "--victim";

    /// <summary>Writes blocks and renews leases.</summary>
    internal const string StorePart = "store";

    /// <summary>Writes blocks most of which expire at once, and wins their space back meanwhile.</summary>
    internal const string CompactPart = "compact";

    /// <summary>Writes publications, settings and guards.</summary>
    internal const string StatePart = "state";

    /// <summary>What a store takes in that time is far below this.</summary>
    private const long QuotaBytes = 1L << 30;
    internal const int SlotsPerSegment = 50;
    private const int StoreInFlight = 24;
    private const int StateInFlight = 6;
    private const int SettingsKeys = 100;

    internal static Task RunAsync(string part, string folder, string first)
    {
        var next = long.Parse(first, CultureInfo.InvariantCulture) - 1;
        return part switch
        {
            StorePart => WriteBlocksAsync(folder, () => Interlocked.Increment(ref next)),
            CompactPart => WriteAndCompactAsync(folder, () => Interlocked.Increment(ref next)),
            _ => WriteStateAsync(folder, () => Interlocked.Increment(ref next)),
        };
    }

    internal static Task<SegmentStore> OpenStoreAsync(string folder) => SegmentStore.OpenAsync(
        new SegmentStoreOptions { Folder = folder, QuotaBytes = QuotaBytes, SlotsPerSegment = SlotsPerSegment },
        TimeProvider.System,
        new SystemDecisionSource(),
        CancellationToken.None);

    internal static Task<LiteDbNodeState> OpenStateAsync(string folder) =>
        LiteDbNodeState.OpenAsync(Path.Combine(folder, "state.db"), CancellationToken.None);

    internal static byte[] Block(long number)
    {
        var block = new byte[StoreLayout.BlockBytes];
        for (var offset = 0; offset < block.Length; offset += sizeof(long))
        {
            BitConverter.TryWriteBytes(block.AsSpan(offset), number + offset);
        }

        return block;
    }

    /// <summary>Every third block has a lease of sixty days when it is acknowledged; the others one of a day, or, where
    /// space is won back, one that is over.</summary>
    internal static bool IsRenewed(long number) => number % 3 == 0;

    internal static PublicationEntry Publication(long number) => new(
        $"{number}", $"name {number}", number, $"veil:{number}", DateTimeOffset.UnixEpoch.AddSeconds(number));

    internal static string SettingKey(long number) => $"key {number % SettingsKeys}";

    private static async Task WriteBlocksAsync(string folder, Func<long> next)
    {
        await using var store = await OpenStoreAsync(folder);
        await RepeatAsync(StoreInFlight, static () => 0, async () =>
        {
            var number = next();
            var block = Block(number);
            await PutAsync(store, block, Lease.ForDays(1, TimeProvider.System));
            if (IsRenewed(number))
            {
                await PutAsync(store, block, LongLease());
            }

            return number;
        });
    }

    // Segments never become empty by themselves: every third block of each has a lease of sixty days. What is over is
    // looked for before anything is written: a sweep lets a batch go first at each of its steps.
    private static async Task WriteAndCompactAsync(string folder, Func<long> next)
    {
        await using var store = await OpenStoreAsync(folder);
        await ExpireAsync(store);
        var compacting = CompactAsync(store);
        var writing = RepeatAsync(StoreInFlight, () => store.Counters.CompactedBytes, async () =>
        {
            var number = next();
            var block = Block(number);
            await PutAsync(store, block, IsRenewed(number) ? LongLease() : OverLease());
            return number;
        });
        await await Task.WhenAny(compacting, writing);
    }

    private static async Task CompactAsync(SegmentStore store)
    {
        while (true)
        {
            if (!(await store.CompactAsync(CancellationToken.None)).HasMore)
            {
                await ExpireAsync(store);
            }
        }
    }

    private static async Task ExpireAsync(SegmentStore store) =>
        await store.ExpireAsync(TimeProvider.System.GetUtcNow(), CancellationToken.None);

    private static Lease LongLease() => Lease.ForDays(60, TimeProvider.System);

    private static Lease OverLease() => new((uint)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    private static async Task PutAsync(SegmentStore store, byte[] block, Lease lease)
    {
        var outcome = await store.PutAsync(BlockRef.Of(block), block, lease, CancellationToken.None);
        if (outcome is not (PutOutcome.Stored or PutOutcome.AlreadyStored))
        {
            throw new IOException($"a block was not stored: {outcome}");
        }
    }

    private static async Task WriteStateAsync(string folder, Func<long> next)
    {
        await using var state = await OpenStateAsync(folder);
        await RepeatAsync(StateInFlight, static () => 0, async () =>
        {
            var number = next();
            await state.PutPublicationAsync(Publication(number), CancellationToken.None);
            await state.SetSettingAsync(SettingKey(number), $"{number}", CancellationToken.None);
            return number;
        });
    }

    private static Task RepeatAsync(int inFlight, Func<long> wonBack, Func<Task<long>> write) =>
        Task.WhenAll(Enumerable.Range(0, inFlight).Select(async _ =>
        {
            while (true)
            {
                var number = await write();
                Console.WriteLine($"{number} {wonBack()}");
            }
        }));
}
