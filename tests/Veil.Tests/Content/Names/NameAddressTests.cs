using CsCheck;
using Veil.Content.Names;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content.Names;

/// <summary>The text of a name (spec/name.md, section 1).</summary>
public sealed class NameAddressTests
{
    private static readonly NameAddress _name = NameRig.Key(7).Address;

    [Fact]
    public void A_name_is_read_back_in_all_its_forms()
    {
        var text = _name.Format();
        Assert.Equal(61, text.Length);
        string[] forms =
        [
            text, text.ToUpperInvariant(), $" {text}\n", $"http://{text}/", $"http://{text}",
            $"http://open.veil/#{text}",
        ];
        Assert.All(forms, form =>
        {
            Assert.True(NameAddress.IsMeant(form));
            Assert.True(NameAddress.TryParse(form, out var read, out _));
            Assert.Equal(_name, read);
        });
        Assert.DoesNotContain(text[..8], _name.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_character_that_is_wrong_is_noticed()
    {
        var text = _name.Format();
        for (var index = 0; index < NameAddress.LabelLength; index++)
        {
            var wrong = text.ToCharArray();
            wrong[index] = wrong[index] == 'a' ? 'b' : 'a';
            Assert.False(NameAddress.TryParse(wrong, out _, out var error));
            Assert.DoesNotContain(text[..16], error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", NameAddressFault.MissingSuffix)]
    [InlineData("veil:aaaa", NameAddressFault.MissingSuffix)]
    [InlineData("aaaa.veil", NameAddressFault.WrongLength)]
    [InlineData("aa1a.veil", NameAddressFault.ForeignCharacter)]
    [InlineData("www.example.veil", NameAddressFault.ForeignCharacter)]
    public void What_is_no_name_is_told_apart(string text, NameAddressFault fault)
    {
        Assert.False(NameAddress.TryParse(text, out _, out var error));
        Assert.Equal(fault, error.Fault);
    }

    [Fact]
    public void A_content_key_is_not_meant_as_a_name()
    {
        Assert.False(NameAddress.IsMeant(NameRig.Target(1).Format()));
        Assert.False(NameAddress.IsMeant(NameRig.Target(1).FormatLink()));
        Assert.False(NameAddress.IsMeant("3f9a0c11d2"));
    }

    [Fact]
    public void Bytes_that_are_no_public_key_make_no_name()
    {
        Assert.Throws<ArgumentException>(() => NameAddress.Of(default));
        Assert.Throws<ArgumentException>(() => NameAddress.Of(new Bytes32(Enumerable.Repeat((byte)255, 32).ToArray())));
    }

    [Fact]
    public void Any_text_is_refused_or_is_the_name_that_it_says()
    {
        Gen.Char.AlphaNumeric.Array[50, 60].Sample(characters =>
        {
            var text = new string(characters) + ".veil";
            Assert.True(!NameAddress.TryParse(text, out var read, out _)
                || string.Equals(read!.Format(), text, StringComparison.OrdinalIgnoreCase));
        });
    }
}
