using System.Buffers.Binary;
using System.Text;
using Geralt;

namespace Veil.Simulation.Seeds;

/// <summary>
/// An endless stream of bytes from a seed and a name: ChaCha20 under the BLAKE2b-256 hash of both.
/// Streams of different names have nothing to do with each other, whatever the order in which they are read.
/// </summary>
internal sealed class SeededStream
{
    private const int BlockBytes = 1024;

    private readonly byte[] _key = new byte[ChaCha20.KeySize];
    private readonly byte[] _block = new byte[BlockBytes];
    private ulong _nextBlock;
    private int _used = BlockBytes;

    internal SeededStream(ulong seed, string name)
    {
        var input = new byte[sizeof(ulong) + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
        Encoding.UTF8.GetBytes(name, input.AsSpan(sizeof(ulong)));
        BLAKE2b.ComputeHash(_key, input);
    }

    internal void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_used == BlockBytes)
                NextBlock();
            var count = Math.Min(destination.Length, BlockBytes - _used);
            _block.AsSpan(_used, count).CopyTo(destination);
            _used += count;
            destination = destination[count..];
        }
    }

    private void NextBlock()
    {
        Span<byte> nonce = stackalloc byte[ChaCha20.NonceSize];
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, _nextBlock++);
        ChaCha20.Fill(_block, nonce, _key);
        _used = 0;
    }
}
