using Veil.Content.Eris;
using Veil.Content.Keeping;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Keeping;

/// <summary>spec/keeping.md, section 2.</summary>
public sealed class RepairKeyTests
{
    [Theory]
    [InlineData(1, 168)]
    [InlineData(2, 220)]
    [InlineData(64, 3394)]
    public void A_key_is_what_its_text_says(int blocks, int characters)
    {
        var key = Key(blocks);

        var text = key.Format();

        Assert.Equal(RepairKey.Prefix.Length + characters, text.Length);
        Assert.True(RepairKey.IsMeant(text));
        Assert.True(RepairKey.TryParse($" {text}\n", out var parsed, out _));
        Assert.Equal(key.StripeMap, parsed.StripeMap);
        Assert.Equal(key.ManifestBlocks, parsed.ManifestBlocks);
        Assert.Equal(text, parsed.Format());
    }

    [Fact]
    public void Every_other_spelling_is_refused()
    {
        var text = Key(1).Format();
        for (var place = 0; place < text.Length; place++)
        {
            foreach (var other in "ab7!A")
            {
                var changed = text[..place] + other + text[(place + 1)..];
                Assert.True(changed == text || !RepairKey.TryParse(changed, out _, out _), $"position {place}");
            }

            Assert.False(RepairKey.TryParse(text.AsSpan(0, place), out _, out _));
        }

        Assert.False(RepairKey.TryParse(text + "a", out _, out _));
    }

    [Fact]
    public void What_is_wrong_is_told_without_any_part_of_the_key()
    {
        var text = Key(1).Format();
        var mistyped = text[..^1] + (text[^1] == 'a' ? 'b' : 'a');

        Assert.Equal("a repair key begins with \"veil-repair:\"", Error("veil:abc"));
        Assert.Equal("the character at position 13 is none that a repair key contains", Error("veil-repair:1"));
        Assert.Equal("the repair key is cut off, or something was added to it", Error(text[..^9]));
        Assert.Equal("the repair key is mistyped: its checksum does not agree", Error(mistyped));
        Assert.Equal(nameof(RepairKey), Key(1).ToString());
    }

    [Fact]
    public void Only_a_stripe_map_and_its_manifest_make_a_key()
    {
        var small = new ReadCapability(1024, 0, default, default);
        var high = new ReadCapability(32768, 4, default, default);
        var right = new ReadCapability(32768, 1, default, default);

        Assert.Throws<ArgumentException>(() => new RepairKey(small, [default]));
        Assert.Throws<ArgumentException>(() => new RepairKey(high, [default]));
        Assert.Throws<ArgumentException>(() => new RepairKey(right, []));
        Assert.Throws<ArgumentException>(() => new RepairKey(right, new BlockRef[65]));
    }

    private static string Error(string text)
    {
        Assert.False(RepairKey.TryParse(text, out _, out var error));
        return error;
    }

    private static RepairKey Key(int blocks) => new(
        new ReadCapability(32768, 1, new BlockRef(Digest(1000)), Digest(1001)),
        [.. Enumerable.Range(0, blocks).Select(block => new BlockRef(Digest(block)))]);

    private static Bytes32 Digest(int seed) => new(ContentRig.Bytes(Bytes32.Size, (ulong)seed));
}
