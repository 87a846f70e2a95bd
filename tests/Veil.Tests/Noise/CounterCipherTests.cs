using CsCheck;
using Veil.Noise;
using Veil.Noise.Ciphers;
using Xunit;

namespace Veil.Tests.Noise;

public sealed class CounterCipherTests : IDisposable
{
    private readonly KeySlab _slab = new(8);
    private readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public void Dispose()
    {
        Assert.Equal(0, _slab.Rented);
        _slab.Dispose();
    }

    [Fact]
    public void Sealing_and_opening_in_place_give_the_same_as_apart() =>
        Gen.Byte.Array[0, 3000].Sample(
            plaintext =>
            {
                using CounterCipher apart = new(_key, _slab, 3);
                using CounterCipher inPlace = new(_key, _slab, 3);
                using CounterCipher opener = new(_key, _slab, 3);
                using CounterCipher inPlaceOpener = new(_key, _slab, 3);
                byte[] buffer = new byte[plaintext.Length + CounterCipher.TagLength];
                byte[] sealedApart = new byte[buffer.Length];
                for (int i = 0; i < 7; i++)
                {
                    plaintext.CopyTo(buffer, 0);
                    inPlace.Seal(buffer, buffer.AsSpan(0, plaintext.Length), "ad"u8);
                    apart.Seal(sealedApart, plaintext, "ad"u8);
                    Assert.Equal(sealedApart, buffer);
                    Assert.True(inPlaceOpener.TryOpen(buffer.AsSpan(0, plaintext.Length), buffer, "ad"u8));
                    Assert.Equal(plaintext, buffer[..plaintext.Length]);
                    byte[] opened = new byte[plaintext.Length];
                    Assert.True(opener.TryOpen(opened, sealedApart, "ad"u8));
                    Assert.Equal(plaintext, opened);
                }
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void The_key_is_replaced_as_noise_says_and_the_counter_starts_again()
    {
        using CounterCipher cipher = new(_key, _slab, 2);
        byte[] key = [.. _key];
        for (ulong i = 0; i < 6; i++)
        {
            byte[] expected = new byte[37];
            Aegis256Cipher.Seal(key, i % 2, "ad"u8, "hello"u8, expected);
            byte[] actual = new byte[37];
            cipher.Seal(actual, "hello"u8, "ad"u8);
            Assert.Equal(expected, actual);
            if (i % 2 == 0)
                continue;
            byte[] next = new byte[64];
            Aegis256Cipher.Seal(key, ulong.MaxValue, default, new byte[32], next);
            key = next[..32];
        }
    }

    [Fact]
    public void A_forgery_leaves_the_counter_and_the_key_as_they_were()
    {
        using CounterCipher sealer = new(_key, _slab, 1);
        using CounterCipher opener = new(_key, _slab, 1);
        byte[] message = new byte[5 + CounterCipher.TagLength];
        byte[] opened = new byte[5];
        for (int i = 0; i < 3; i++)
        {
            sealer.Seal(message, "hello"u8, default);
            for (int bit = 0; bit < message.Length * 8; bit++)
            {
                message[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(opener.TryOpen(opened, message, default));
                message[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            Assert.False(opener.TryOpen([], message.AsSpan(0, 31), default));
            Assert.False(opener.TryOpen([], default, default));
            Assert.True(opener.TryOpen(opened, message, default));
            Assert.Equal("hello"u8, opened);
        }
    }

    [Fact]
    public void Overlaps_in_part_and_wrong_lengths_are_misuse()
    {
        using CounterCipher cipher = new(_key, _slab);
        byte[] buffer = new byte[200];
        Assert.Throws<ArgumentException>(() => cipher.Seal(buffer.AsSpan(1, 132), buffer.AsSpan(0, 100), default));
        Assert.Throws<ArgumentException>(() => cipher.Seal(new byte[131], buffer.AsSpan(0, 100), default));
        Assert.Throws<ArgumentException>(() => cipher.TryOpen(buffer.AsSpan(1, 68), buffer.AsSpan(0, 100), default));
        Assert.Throws<ArgumentException>(() => cipher.TryOpen(new byte[69], buffer.AsSpan(0, 100), default));
        Assert.Throws<ArgumentException>(() => new CounterCipher(new byte[31], _slab));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CounterCipher(_key, _slab, 0));
        Assert.Equal(1, _slab.Rented);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_message()
    {
        using CounterCipher sealer = new(_key, _slab, 64);
        using CounterCipher opener = new(_key, _slab, 64);
        byte[] cell = new byte[2048];
        SealAndOpen(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SealAndOpen(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void SealAndOpen(int times)
        {
            Span<byte> plaintext = cell.AsSpan(0, cell.Length - CounterCipher.TagLength);
            for (int i = 0; i < times; i++)
            {
                sealer.Seal(cell, plaintext, default);
                if (!opener.TryOpen(plaintext, cell, default))
                    throw new InvalidOperationException("The message was good.");
            }
        }
    }
}
