using Veil.Tests.Directory;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Wire.Documents;

public sealed class RelayEntryTests
{
    private static byte[] Leaf(RelayEntry entry)
    {
        byte[] leaf = new byte[RelayEntry.Size];
        entry.WriteTo(leaf);
        return leaf;
    }

    [Fact]
    public void Fields_stand_at_the_offsets_of_the_specification()
    {
        RelayEntry entry = DirectoryRig.Entry(1) with
        {
            WeightStart = 0x0102030405060708,
            AdmittedEpoch = 0x1112131415161718,
            Weight = 0x00212223,
            VersionMin = 1,
            VersionMax = 2,
            Family = DirectoryRig.Filled(9, 1),
        };
        byte[] leaf = Leaf(entry);
        Assert.Equal(212, leaf.Length);
        Assert.Equal(entry.Identity.Value.AsSpan(), leaf.AsSpan(0, 32));
        Assert.Equal(entry.LinkKey.AsSpan(), leaf.AsSpan(32, 32));
        Assert.Equal(entry.OnionKey.AsSpan(), leaf.AsSpan(64, 32));
        Assert.Equal(entry.OnionKeyId.ToString(), Convert.ToHexStringLower(leaf.AsSpan(96, 8)));
        Assert.Equal("00000000000000000000ffff140101010fa0", Convert.ToHexStringLower(leaf.AsSpan(104, 18)));
        Assert.Equal("000701020000", Convert.ToHexStringLower(leaf.AsSpan(122, 6)));
        Assert.Equal("010203040506070811121314151617180021" + "2223", Convert.ToHexStringLower(leaf.AsSpan(128, 20)));
        Assert.Equal(entry.RingPosition.AsSpan(), leaf.AsSpan(148, 32));
        Assert.Equal(entry.Family.AsSpan(), leaf.AsSpan(180, 32));
    }

    [Fact]
    public void What_can_be_read_has_one_form()
    {
        byte[] leaf = Leaf(DirectoryRig.Entry(1));
        for (int bit = 0; bit < leaf.Length * 8; bit++)
        {
            byte[] changed = [.. leaf];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            if (RelayEntry.TryRead(changed, out RelayEntry? entry))
            {
                Assert.Equal(changed, Leaf(entry));
            }
        }

        Assert.False(RelayEntry.TryRead(leaf.AsSpan(1), out _));
    }

    [Fact]
    public void Impossible_entries_are_neither_written_nor_read()
    {
        RelayEntry good = DirectoryRig.Entry(1);
        RelayEntry[] bad =
        [
            good with { Weight = 0 },
            good with { Weight = DocumentLimits.MaxWeight + 1 },
            good with { Flags = RelayFlags.Store },
            good with { Flags = RelayFlags.Guard, Weight = 0 },
            good with { Flags = (RelayFlags)32 | RelayFlags.Relay },
            good with { Away = 1 },
            good with { RingPosition = default },
            good with { VersionMin = 2 },
            good with { VersionMin = 0 },
            good with { AdmittedEpoch = 0 },
            good with { LinkKey = default },
        ];
        Assert.All(bad, entry => Assert.Throws<InvalidOperationException>(() => Leaf(entry)));
    }
}
