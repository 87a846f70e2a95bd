using Veil.Noise;
using Xunit;

namespace Veil.Tests.Noise;

public sealed class KeySlabTests
{
    [Fact]
    public void Slots_are_apart_and_zeroed_when_returned()
    {
        using KeySlab slab = new(2000);
        KeySlot[] slots = [.. Enumerable.Range(0, 2000).Select(_ => slab.Rent())];
        Assert.Equal(2000, slab.Rented);
        Assert.False(slab.TryRent(out _));
        Assert.Throws<KeySlabExhaustedException>(() => slab.Rent());
        for (int i = 0; i < slots.Length; i++)
            slots[i].DangerousBytes.Fill((byte)(1 + (i % 250)));
        for (int i = 0; i < slots.Length; i++)
        {
            Assert.False(slots[i].DangerousBytes.ContainsAnyExcept((byte)(1 + (i % 250))));
            slab.Return(slots[i]);
        }

        Assert.Equal(0, slab.Rented);
        KeySlot again = slab.Rent();
        Assert.False(again.DangerousBytes.ContainsAnyExcept((byte)0));
        slab.Return(again);
    }

    [Fact]
    public void Returning_twice_or_to_another_slab_is_misuse()
    {
        using KeySlab slab = new(4);
        using KeySlab other = new(4);
        KeySlot slot = slab.Rent();
        KeySlot foreign = other.Rent();
        Assert.Throws<InvalidOperationException>(() => slab.Return(foreign));
        slab.Return(slot);
        Assert.Throws<InvalidOperationException>(() => slab.Return(slot));
        Assert.Throws<InvalidOperationException>(() => slab.Return(default));
        Assert.Throws<InvalidOperationException>(() => default(KeySlot).DangerousBytes.Length);
        other.Return(foreign);
    }

    [Fact]
    public void Disposal_zeroes_keys_that_are_still_lent_and_stops_their_ciphers()
    {
        KeySlab slab = new(4);
        using CounterCipher cipher = new([.. Enumerable.Repeat((byte)7, 32)], slab);
        KeySlot slot = slab.Rent();
        slot.DangerousBytes.Fill(9);
        slab.Dispose();
        Assert.False(slot.DangerousBytes.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => cipher.Seal(new byte[33], new byte[1], default));
        Assert.Throws<ObjectDisposedException>(() => cipher.TryOpen(new byte[1], new byte[33], default));
        Assert.Throws<ObjectDisposedException>(() => slab.TryRent(out _));
        slab.Return(slot);
        Assert.Equal(1, slab.Rented);
        cipher.Dispose();
        Assert.Equal(0, slab.Rented);
    }

    [Fact]
    public void Threads_never_share_a_slot()
    {
        using KeySlab slab = new(600);
        int shared = 0;
        Thread[] threads = [.. Enumerable.Range(1, 4).Select(id => new Thread(() => RentAndReturn((byte)id)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(0, shared);
        Assert.Equal(0, slab.Rented);

        void RentAndReturn(byte id)
        {
            for (int round = 0; round < 200; round++)
            {
                KeySlot[] mine = [.. Enumerable.Range(0, 50).Select(_ => slab.Rent())];
                foreach (KeySlot slot in mine)
                    slot.DangerousBytes.Fill(id);
                foreach (KeySlot slot in mine)
                {
                    if (slot.DangerousBytes.ContainsAnyExcept(id))
                        Interlocked.Increment(ref shared);
                    slab.Return(slot);
                }
            }
        }
    }
}
