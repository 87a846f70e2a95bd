using Veil.Storage.Segments;
using Veil.Wire;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What a store remembers of payloads that it compared (spec/store.md, section 7).</summary>
public sealed class PayloadMarksTests
{
    private const int Slot = 3;

    private readonly PayloadMarks _marks = new();
    private readonly byte[] _payload = new byte[StoreLayout.BlockBytes];

    private BlockRef Reference => BlockRef.Of(_payload);

    [Fact]
    public void Nothing_is_known_before_it_was_compared() =>
        Assert.False(_marks.Contains(Slot, Reference, _payload));

    [Fact]
    public void What_was_compared_is_known_until_a_bit_of_it_changes()
    {
        var reference = Reference;
        _marks.Add(Slot, reference, _payload);
        Assert.True(_marks.Contains(Slot, reference, _payload));

        for (var at = 0; at < _payload.Length; at += 1023)
        {
            _payload[at] ^= 0x10;
            Assert.False(_marks.Contains(Slot, reference, _payload), $"byte {at}");
            _payload[at] ^= 0x10;
        }
    }

    [Fact]
    public void It_is_known_in_its_slot_and_under_its_reference_alone()
    {
        _marks.Add(Slot, Reference, _payload);

        Assert.False(_marks.Contains(Slot - 1, Reference, _payload));
        Assert.False(_marks.Contains(Slot, BlockRef.Of(new byte[] { 1 }), _payload));
    }
}
