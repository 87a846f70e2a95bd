using Veil.Noise;
using Xunit;

namespace Veil.Tests.Noise;

public sealed class HandshakePrologueTests
{
    [Fact]
    public void The_fields_lie_where_the_specification_says()
    {
        byte[] prologue = new byte[HandshakePrologue.Length];
        Array.Fill(prologue, (byte)0xff);
        HandshakePrologue.Write(prologue, HandshakePurpose.Hop, 2, Filled(32, 1), Filled(32, 2), Filled(8, 3));
        byte[] expected = [.. "veil"u8, 1, 3, 2, 0, .. Filled(32, 1), .. Filled(32, 2), .. Filled(8, 3)];
        Assert.Equal(expected, prologue);
    }

    [Fact]
    public void Wrong_lengths_and_links_with_hop_fields_are_misuse()
    {
        byte[] to = new byte[HandshakePrologue.Length];
        byte[] id = new byte[32];
        byte[] key = new byte[8];
        const HandshakePurpose hop = HandshakePurpose.Hop;
        AssertMisuse(() => HandshakePrologue.Write(to.AsSpan(0, 79), hop, 0, id, id, key));
        AssertMisuse(() => HandshakePrologue.Write(to, hop, 0, id.AsSpan(0, 31), id, key));
        AssertMisuse(() => HandshakePrologue.Write(to, hop, 0, id, id.AsSpan(0, 31), key));
        AssertMisuse(() => HandshakePrologue.Write(to, hop, 0, id, id, key.AsSpan(0, 7)));
        AssertMisuse(() => HandshakePrologue.Write(to, 0, 0, id, id, key));
        AssertMisuse(() => HandshakePrologue.Write(to, (HandshakePurpose)5, 0, id, id, key));
        AssertMisuse(() => HandshakePrologue.Write(to, HandshakePurpose.LinkFromClient, 1, id, id, key));
        AssertMisuse(() => HandshakePrologue.Write(to, HandshakePurpose.LinkFromRelay, 0, id, id, Filled(8, 1)));
        Assert.Equal(new byte[HandshakePrologue.Length], to);

        static void AssertMisuse(Action write) => Assert.Throws<ArgumentException>(write);
    }

    private static byte[] Filled(int length, byte value) => [.. Enumerable.Repeat(value, length)];
}
