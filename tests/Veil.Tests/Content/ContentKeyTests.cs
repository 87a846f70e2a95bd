using System.Text.Json;
using CsCheck;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

public sealed class ContentKeyTests
{
    private static readonly ReadCapability Capability = new(
        ErisLayout.BlockBytes,
        0,
        new BlockRef(new Bytes32([.. Enumerable.Range(0, 32).Select(value => (byte)value)])),
        new Bytes32([.. Enumerable.Range(200, 32).Select(value => (byte)value)]));

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly string Text = new ContentKey(Capability).Format();

    [Fact]
    public void A_key_has_117_characters_and_comes_back_bare_in_a_link_and_among_white_space()
    {
        Assert.Equal(117, Text.Length);
        Assert.Matches("^veil:[a-z2-7]{112}$", Text);
        foreach (var text in new[] { Text, $"http://open.veil/#{Text}", $" \t{Text}\r\n" })
        {
            Assert.True(ContentKey.TryParse(text, out var key, out var error));
            Assert.Equal(Capability, key.Capability);
            Assert.Equal(ContentKeyFault.None, error.Fault);
        }

        Assert.Equal($"http://open.veil/#{Text}", new ContentKey(Capability).FormatLink());
    }

    [Theory]
    [InlineData("", ContentKeyFault.MissingPrefix, "veil:")]
    [InlineData("VEIL:", ContentKeyFault.MissingPrefix, "veil:")]
    [InlineData("http://open.veil/#", ContentKeyFault.MissingPrefix, "veil:")]
    [InlineData("http://open.veil/veil:", ContentKeyFault.MissingPrefix, "veil:")]
    [InlineData("veil:", ContentKeyFault.WrongLength, "112 characters short")]
    [InlineData("veil:aaa1", ContentKeyFault.ForeignCharacter, "position 9")]
    [InlineData("veil:aA", ContentKeyFault.ForeignCharacter, "position 7")]
    [InlineData("http://open.veil/#veil:a-", ContentKeyFault.ForeignCharacter, "position 25")]
    public void Each_fault_is_told_apart(string text, ContentKeyFault fault, string says)
    {
        Assert.False(ContentKey.TryParse(text, out var key, out var error));
        Assert.Null(key);
        Assert.Equal(fault, error.Fault);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_short_and_too_long_say_by_how_many()
    {
        Assert.False(ContentKey.TryParse(Text.AsSpan()[..^1], out _, out var error));
        Assert.Equal(
            (ContentKeyFault.WrongLength, "the content key is 1 character short"),
            (error.Fault, error.Message));
        Assert.False(ContentKey.TryParse(Text + "abc", out _, out error));
        Assert.Equal(
            (ContentKeyFault.WrongLength, "the content key is 3 characters too long"),
            (error.Fault, error.Message));
    }

    [Fact]
    public void Any_changed_character_is_mistyped_and_no_message_shows_the_key()
    {
        Gen.Select(Gen.Int[5, 116], Gen.Int[0, 31].Select(index => Alphabet[index]))
            .Where(change => Text[change.Item1] != change.Item2)
            .Sample((position, character) =>
            {
                var changed = Text[..position] + character + Text[(position + 1)..];
                Assert.False(ContentKey.TryParse(changed, out _, out var error));
                Assert.Equal(ContentKeyFault.Mistyped, error.Fault);
                Assert.DoesNotContain(changed[20..30], error.Message, StringComparison.Ordinal);
            });
    }

    [Fact]
    public void Small_blocks_are_refused_both_ways()
    {
        var small = new ReadCapability(1024, 0, Capability.RootReference, Capability.RootKey);
        Assert.Throws<ArgumentException>(() => new ContentKey(small));
        var vector = Vectors().Single(entry => entry.GetProperty("fault").GetString() == "WrongBlockSize");
        Assert.False(ContentKey.TryParse(vector.GetProperty("text").GetString(), out _, out var error));
        Assert.Equal(ContentKeyFault.WrongBlockSize, error.Fault);
    }

    [Fact]
    public void Every_vector_gives_its_capability_or_its_fault()
    {
        var ran = 0;
        foreach (var vector in Vectors())
        {
            var fault = Enum.Parse<ContentKeyFault>(vector.GetProperty("fault").GetString()!);
            var parsed = ContentKey.TryParse(vector.GetProperty("text").GetString(), out var key, out var error);
            Assert.Equal(fault, error.Fault);
            Assert.Equal(fault == ContentKeyFault.None, parsed);
            if (parsed)
            {
                var bytes = new byte[ReadCapability.Bytes];
                key!.Capability.Write(bytes);
                Assert.Equal(vector.GetProperty("capability").GetString(), Convert.ToHexStringLower(bytes));
            }

            ran++;
        }

        Assert.Equal(9, ran);
    }

    [Fact]
    public void Keys_are_equal_by_value_and_their_text_for_logs_tells_nothing()
    {
        Assert.Equal(new ContentKey(Capability), new ContentKey(Capability));
        Assert.Equal("ContentKey", $"{new ContentKey(Capability)}");
    }

    private static JsonElement.ArrayEnumerator Vectors() =>
        SpecVectors.Read("content-key").GetProperty("vectors").EnumerateArray();
}
