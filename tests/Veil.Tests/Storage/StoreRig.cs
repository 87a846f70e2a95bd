using System.Buffers.Binary;
using Veil.Storage.Blocks;
using Veil.Storage.Segments;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Seams;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>
/// A folder of its own for one test, a clock that stands still, and blocks that are the same in every run.
/// </summary>
internal sealed class StoreRig : IDisposable
{
    public StoreRig()
    {
        Root = System.IO.Directory.CreateTempSubdirectory("veil-test-").FullName;
        Folder = Path.Combine(Root, "blocks");
    }

    public string Root { get; }

    public string Folder { get; }

    /// <summary>Where the clocks of stores' tests stand at first.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 12, 34, 56, TimeSpan.Zero);

    public ManualTime Time { get; } = new(Start);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static DecisionSource Decisions { get; } = new FixedDecisions();

    public string OnlySegment => Assert.Single(Files("*.blocks"));

    public SegmentStoreOptions Options(long quota = 64 * 1024 * 1024, int slots = 100) =>
        new() { Folder = Folder, QuotaBytes = quota, SlotsPerSegment = slots };

    public Task<SegmentStore> OpenAsync() => OpenAsync(Options());

    public Task<SegmentStore> OpenAsync(SegmentStoreOptions options) =>
        SegmentStore.OpenAsync(options, Time, Decisions, Cancellation);

    public Lease Lease(ushort days = 60) => Veil.Storage.Blocks.Lease.ForDays(days, Time);

    public async Task<PutOutcome> PutAsync(IBlockStore store, int seed, ushort days = 60)
    {
        var block = Block(seed);
        return await store.PutAsync(BlockRef.Of(block), block, Lease(days), Cancellation);
    }

    public static async Task<bool> HasAsync(IBlockStore store, int seed)
    {
        var block = Block(seed);
        var read = new byte[StoreLayout.BlockBytes];
        var found = await store.TryReadAsync(BlockRef.Of(block), read, Cancellation);
        Assert.True(!found || block.AsSpan().SequenceEqual(read), "what is found is what was stored");
        return found;
    }

    /// <summary>The sum of the files' lengths: what the store says it takes up.</summary>
    public long FileBytes() => new DirectoryInfo(Folder)
        .GetFiles()
        .Where(file => file.Name != "lock")
        .Sum(file => file.Length);

    public string[] Files(string pattern) => System.IO.Directory.GetFiles(Folder, pattern);

    /// <summary>What another machine would find if it got this one's disk now.</summary>
    public void CopyTo(StoreRig other)
    {
        System.IO.Directory.CreateDirectory(other.Folder);
        foreach (var file in new DirectoryInfo(Folder).GetFiles().Where(file => file.Name != "lock"))
        {
            file.CopyTo(Path.Combine(other.Folder, file.Name));
        }
    }

    public static byte[] Block(int seed)
    {
        var block = new byte[StoreLayout.BlockBytes];
        var state = (ulong)seed;
        for (var offset = 0; offset < block.Length; offset += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(offset), NextSplitMix(ref state));
        }

        return block;
    }

    /// <summary>What a PUT asks for on the day of <see cref="Start"/>, with no stamp.</summary>
    public static PaidLease Unpaid(ushort days = 60) =>
        new(LeaseDay.ForDays(days, Start), Stamp.None);

    public static BlockRef RefOf(int seed) => BlockRef.Of(Block(seed));

    public void Dispose() => System.IO.Directory.Delete(Root, recursive: true);

    private static ulong NextSplitMix(ref ulong state)
    {
        unchecked
        {
            var mixed = state += 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    private sealed class FixedDecisions : DecisionSource
    {
        public override void Fill(Span<byte> destination) => destination.Fill(7);
    }
}
