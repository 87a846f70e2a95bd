using System.Runtime.InteropServices;
using Geralt;
using Veil.Wire;
using Veil.Wire.Lanes;
using Xunit;

namespace Veil.Tests.Wire;

/// <summary>Digests of several messages at a time are those of the library.</summary>
public sealed class ManyHashesTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(128, 0)]
    [InlineData(128, 32)]
    [InlineData(1_000, 32)]
    [InlineData(1_024, 64)]
    [InlineData(32_768, 0)]
    [InlineData(32_768, 32)]
    public void Any_number_of_messages_has_the_digests_of_the_library(int length, int keyBytes)
    {
        var key = Bytes(keyBytes, keyBytes);
        for (int count = 0; count <= 9; count++)
        {
            var messages = Bytes(count * length, count);
            var digests = new Bytes32[count];
            ManyHashes.Compute(key, messages, length, digests);

            Assert.Equal(messages.Chunk(length).Select(message => Library(message, key)), digests);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(32_768)]
    public void Blocks_wherever_they_are_have_their_references(int length)
    {
        for (int count = 0; count <= 9; count++)
        {
            var blocks = Enumerable.Range(0, count).Select(index => Bytes(length, index)).ToArray();

            Assert.Equal(
                blocks.Select(block => BlockRef.Of(block)),
                BlockRef.OfAll([.. blocks.Select(block => (ReadOnlyMemory<byte>)block)]));
        }
    }

    [Fact]
    public void Messages_that_do_not_fit_are_refused()
    {
        var digests = new Bytes32[2];
        Assert.Throws<ArgumentException>(() => ManyHashes.Compute(default, new byte[255], 128, digests));
        Assert.Throws<ArgumentOutOfRangeException>(() => ManyHashes.Compute(default, default, 0, digests));
        Assert.Throws<ArgumentException>(() => BlockRef.OfAll([new byte[128], new byte[256]]));
    }

    // Any that differ.
    private static byte[] Bytes(int count, int number)
    {
        var bytes = new byte[count];
        uint state = unchecked((uint)number + 1);
        for (int index = 0; index < count; index++)
        {
            state = unchecked((state * 1_664_525) + 1_013_904_223);
            bytes[index] = (byte)(state >> 24);
        }

        return bytes;
    }

    private static Bytes32 Library(byte[] message, byte[] key)
    {
        Bytes32 digest = default;
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref digest, 1));
        if (key.Length == 0)
        {
            BLAKE2b.ComputeHash(bytes, message);
        }
        else
        {
            BLAKE2b.ComputeTag(bytes, message, key);
        }

        return digest;
    }
}
