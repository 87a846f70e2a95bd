using Veil.Content.Eris;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

public sealed class ReadCapabilityTests
{
    private static readonly ReadCapability Sample = new(
        ErisLayout.BlockBytes,
        2,
        new BlockRef(new Bytes32([.. Enumerable.Range(0, 32).Select(value => (byte)value)])),
        new Bytes32([.. Enumerable.Range(100, 32).Select(value => (byte)value)]));

    [Fact]
    public void A_urn_has_106_characters_and_comes_back()
    {
        var urn = Sample.FormatUrn();
        Assert.Equal("urn:eris:".Length + 106, urn.Length);
        Assert.StartsWith("urn:eris:B4", urn, StringComparison.Ordinal);
        Assert.True(ReadCapability.TryParseUrn(urn, out var parsed));
        Assert.Equal(Sample, parsed);
    }

    [Fact]
    public void Every_other_spelling_is_refused()
    {
        var urn = Sample.FormatUrn();
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var last = alphabet.IndexOf(urn[^1], StringComparison.Ordinal);
        Assert.Equal(0, last % 4);
        for (var spare = 1; spare < 4; spare++) Refuse(urn[..^1] + alphabet[last + spare]);
        Refuse(urn[..9] + urn[9..].ToLowerInvariant());
        Refuse(urn[..^1]);
        Refuse(urn + "A");
        Refuse(urn + "=");
        Refuse(urn[9..]);
        Refuse(urn.Replace("urn:eris:", "URN:ERIS:", StringComparison.Ordinal));
        Refuse(urn[..20] + "1" + urn[21..]);
        Refuse(string.Empty);

        static void Refuse(string text) => Assert.False(ReadCapability.TryParseUrn(text, out _), text);
    }

    [Fact]
    public void Only_the_two_block_sizes_parse()
    {
        var bytes = new byte[ReadCapability.Bytes];
        Sample.Write(bytes);
        var accepted = 0;
        for (var code = 0; code < 256; code++)
        {
            bytes[0] = (byte)code;
            if (ReadCapability.TryParse(bytes, out _)) accepted++;
        }

        Assert.Equal(2, accepted);
        bytes[0] = 0x0F;
        Assert.False(ReadCapability.TryParse(bytes.AsSpan(1), out _));
    }

    [Fact]
    public void Text_for_logs_tells_nothing() => Assert.Equal("ReadCapability", $"{Sample}");
}
