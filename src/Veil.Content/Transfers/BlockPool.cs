using Veil.Content.Eris;

namespace Veil.Content.Transfers;

/// <summary>
/// Buffers of one block. Keeps at most <paramref name="retained"/> for use again; how many are out is bounded by the
/// windows and caches of whoever rents. One object's own, or of ciphertext only, so they are not cleared. Safe for
/// concurrent use.
/// </summary>
internal sealed class BlockPool(int retained)
{
    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = new();

    /// <summary>A buffer of 32,768 bytes with any content.</summary>
    public byte[] Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var buffer)) return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(ErisLayout.BlockBytes);
    }

    /// <summary>Gives a buffer back; nobody may use it any more.</summary>
    public void Return(byte[] buffer)
    {
        lock (_lock)
        {
            if (_free.Count < retained) _free.Push(buffer);
        }
    }
}
