using CsCheck;
using Veil.Storage.Segments;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>The index in memory (spec/store.md, section 5).</summary>
public sealed class BlockIndexTests
{
    [Fact]
    public void BlockIndex_does_what_a_list_of_entries_does() => Gen
        .Select(Gen.Int[0, 5], Gen.ULong[0, 12], Gen.UInt[0, 3], Gen.UInt[1, 50])
        .Array[0, 300]
        .Sample(steps =>
        {
            var index = new BlockIndex(StoreRig.Decisions);
            var model = new List<IndexEntry>();
            foreach (var (step, tag, position, lease) in steps)
            {
                Apply(index, model, step, new IndexEntry(tag, position, lease));
                Assert.Equal(model.Count, index.Count);
                for (ulong each = 0; each <= 12; each++)
                {
                    Assert.Equal(Sorted(model.Where(entry => entry.Tag == each)), Sorted(All(index, each)));
                }
            }
        }, seed: "0000KOIPFAv6", iter: 200);

    [Fact]
    public void BlockIndex_takes_at_most_40_bytes_a_block()
    {
        var index = new BlockIndex(StoreRig.Decisions);
        var worst = 0.0;
        for (uint block = 1; block <= 200_000; block++)
        {
            Bytes32 reference = default;
            BitConverter.TryWriteBytes(reference, block);
            index.Add(new IndexEntry(index.TagOf(new BlockRef(reference)), block, 1 + (block % 10)));
            if (block >= 10_000 && block % 500 == 0)
            {
                worst = Math.Max(worst, (double)index.TableBytes / block);
            }
        }

        Assert.InRange(worst, 16, 40);

        // What expires is given back.
        Assert.Equal(180_000, RemoveExpired(index, 9, _ => { }));
        Assert.Equal(20_000, index.Count);
        Assert.InRange((double)index.TableBytes / index.Count, 16, 40);
    }

    [Fact]
    public void BlockIndex_tags_depend_on_the_key()
    {
        var reference = StoreRig.RefOf(1);

        Assert.Equal(
            new BlockIndex(StoreRig.Decisions).TagOf(reference),
            new BlockIndex(StoreRig.Decisions).TagOf(reference));
        Assert.NotEqual(
            new BlockIndex(StoreRig.Decisions).TagOf(reference),
            new BlockIndex(new Veil.Wire.Seams.SystemDecisionSource()).TagOf(reference));
    }

    private static void Apply(BlockIndex index, List<IndexEntry> model, int step, IndexEntry entry)
    {
        var found = model.FindIndex(each => each.Tag == entry.Tag && each.Position == entry.Position);
        switch (step)
        {
            case 0 or 1 or 2 when found < 0:
                index.Add(entry);
                model.Add(entry);
                break;
            case 3:
                Assert.Equal(found >= 0, index.Remove(entry.Tag, entry.Position));
                model.RemoveAll(each => each.Tag == entry.Tag && each.Position == entry.Position);
                break;
            case 4 when found >= 0:
                index.Extend(entry.Tag, entry.Position, entry.LeaseEnd);
                model[found] = entry with { LeaseEnd = Math.Max(entry.LeaseEnd, model[found].LeaseEnd) };
                break;
            case 5 when entry.Position == 0:
                var now = entry.LeaseEnd / 4;
                var removed = new List<uint>();
                Assert.Equal(model.Count(each => each.LeaseEnd <= now), RemoveExpired(index, now, removed.Add));
                Assert.Equal(
                    model.Where(each => each.LeaseEnd <= now).Select(each => each.Position).Order(), removed.Order());
                model.RemoveAll(each => each.LeaseEnd <= now);
                break;
        }
    }

    private static IEnumerable<IndexEntry> All(BlockIndex index, ulong tag)
    {
        var cursor = 0;
        while (index.TryNext(tag, ref cursor, out var entry))
        {
            yield return entry;
        }
    }

    private static IndexEntry[] Sorted(IEnumerable<IndexEntry> entries) =>
        [.. entries.OrderBy(entry => entry.Position)];

    private static long RemoveExpired(BlockIndex index, long nowSeconds, Action<uint> removed) =>
        Enumerable.Range(0, BlockIndex.Parts).Sum(part => index.RemoveExpired(part, nowSeconds, removed));
}
