using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Veil.Wire;
using Veil.Wire.Lanes;

namespace Veil.Content.Eris;

/// <summary>
/// Content in, blocks out, in order, with some leaves and one partial node per level in memory
/// (spec/block.md, section 2). Synchronous: a block is handed out during the call that completes it; a call with
/// at most one block of content completes at most one leaf and one node per level. One owner at a time.
/// </summary>
public sealed class ErisEncoder : IDisposable
{
    /// <summary>Leaves that are encoded faster together than one after another.</summary>
    public const int LeavesAtOnce = 4;

    private readonly int _blockBytes;
    private readonly byte[] _secret;
    private readonly ErisBlockHandler _handler;
    private readonly byte[] _leaf;
    private readonly byte[] _ciphertext;

    // Not the same: a node may be completed between two of them.
    private readonly byte[] _ciphertexts;
    private readonly List<PartialNode> _nodes = [];
    private int _leafBytes;
    private long _leaves;
    private bool _finished;

    /// <summary>Starts an object.</summary>
    /// <param name="blockBytes">1,024 or 32,768.</param>
    /// <param name="convergenceSecret">32 bytes; copied.</param>
    /// <param name="handler">Takes each block.</param>
    /// <exception cref="ArgumentException">A length is not one of these.</exception>
    public ErisEncoder(int blockBytes, ReadOnlySpan<byte> convergenceSecret, ErisBlockHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (!ErisLayout.IsBlockSize(blockBytes)) throw new ArgumentOutOfRangeException(nameof(blockBytes));
        if (convergenceSecret.Length != ErisLayout.ConvergenceSecretBytes)
        {
            throw new ArgumentException("expected 32 bytes", nameof(convergenceSecret));
        }

        _blockBytes = blockBytes;
        _secret = convergenceSecret.ToArray();
        _handler = handler;
        _leaf = new byte[blockBytes];
        _ciphertext = new byte[blockBytes];
        _ciphertexts = new byte[LeavesAtOnce * blockBytes];
    }

    /// <summary>Adds content: fastest in pieces of <see cref="LeavesAtOnce"/> blocks.</summary>
    /// <exception cref="InvalidOperationException">The object is finished.</exception>
    public void Append(ReadOnlySpan<byte> content)
    {
        if (_finished) throw new InvalidOperationException("the object is finished");
        while (!content.IsEmpty)
        {
            if (_leafBytes == 0 && content.Length >= LeavesAtOnce * _blockBytes)
            {
                EmitLeaves(content[..(LeavesAtOnce * _blockBytes)]);
                content = content[(LeavesAtOnce * _blockBytes)..];
                continue;
            }

            var take = Math.Min(content.Length, _blockBytes - _leafBytes);
            content[..take].CopyTo(_leaf.AsSpan(_leafBytes));
            content = content[take..];
            _leafBytes += take;

            // The padding adds at least one byte, so a full leaf is never the last one.
            if (_leafBytes == _blockBytes)
            {
                EmitLeaves(_leaf);
                _leafBytes = 0;
            }
        }
    }

    /// <summary>Adds the padding, hands out the blocks that are left and names the object.</summary>
    /// <exception cref="InvalidOperationException">The object is finished already.</exception>
    public ReadCapability Finish()
    {
        if (_finished) throw new InvalidOperationException("the object is finished");
        _finished = true;
        ErisPadding.Write(_leaf, _leafBytes);
        var last = EmitLeaves(_leaf);
        if (_leaves == 1) return new ReadCapability(_blockBytes, 0, last.Reference, last.Key);
        for (var level = 1; ; level++)
        {
            var node = _nodes[level - 1];
            if (level == _nodes.Count && node.Count == 1)
            {
                var root = ErisNode.Read(node.Pairs, 0);
                return new ReadCapability(_blockBytes, (byte)(level - 1), root.Reference, root.Key);
            }

            if (node.Count > 0) AddPair(level + 1, EmitNode(level, node));
        }
    }

    /// <summary>Encodes all of <paramref name="content"/> from its present position.</summary>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static async Task<ReadCapability> EncodeAsync(
        Stream content,
        int blockBytes,
        ReadOnlyMemory<byte> convergenceSecret,
        ErisBlockHandler handler,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var encoder = new ErisEncoder(blockBytes, convergenceSecret.Span, handler);
        var buffer = new byte[LeavesAtOnce * blockBytes];
        while (true)
        {
            var read = await content.ReadAtLeastAsync(
                buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (read == 0) return encoder.Finish();
            encoder.Append(buffer.AsSpan(0, read));
        }
    }

    /// <summary>Wipes plaintext, keys and the secret.</summary>
    public void Dispose()
    {
        _finished = true;
        CryptographicOperations.ZeroMemory(_secret);
        CryptographicOperations.ZeroMemory(_leaf);
        foreach (var node in _nodes) CryptographicOperations.ZeroMemory(node.Pairs);
    }

    // At most as many as go at once; the pair of the last.
    private ErisPair EmitLeaves(ReadOnlySpan<byte> leaves)
    {
        var count = leaves.Length / _blockBytes;
        Span<Bytes32> keys = stackalloc Bytes32[LeavesAtOnce];
        Span<Bytes32> references = stackalloc Bytes32[LeavesAtOnce];
        ErisCipher.LeafKeys(leaves, _secret, keys[..count]);
        for (var leaf = 0; leaf < count; leaf++)
        {
            var plaintext = leaves.Slice(leaf * _blockBytes, _blockBytes);
            ErisCipher.Transform(plaintext, Ciphertext(leaf), keys[leaf], 0);
        }

        ManyHashes.Compute(default, _ciphertexts.AsSpan(0, leaves.Length), _blockBytes, references[..count]);
        ErisPair pair = default;
        for (var leaf = 0; leaf < count; leaf++)
        {
            pair = new ErisPair(new BlockRef(references[leaf]), keys[leaf]);
            _handler(new ErisBlock(0, _leaves, pair.Reference, pair.Key, Ciphertext(leaf)));
            _leaves++;
            AddPair(1, pair);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(keys));
        return pair;
    }

    private Span<byte> Ciphertext(int leaf) => _ciphertexts.AsSpan(leaf * _blockBytes, _blockBytes);

    private ErisPair EmitNode(int level, PartialNode node)
    {
        Debug.Assert(node.Count > 0, "an empty node is never encoded");
        var pair = Emit(level, node.Emitted, node.Pairs, ErisCipher.NodeKey(node.Pairs));
        node.Emitted++;
        node.Count = 0;
        node.Pairs.AsSpan().Clear();
        return pair;
    }

    private ErisPair Emit(int level, long index, ReadOnlySpan<byte> plaintext, Bytes32 key)
    {
        ErisCipher.Transform(plaintext, _ciphertext, key, (byte)level);
        var reference = BlockRef.Of(_ciphertext);
        _handler(new ErisBlock(level, index, reference, key, _ciphertext));
        return new ErisPair(reference, key);
    }

    private void AddPair(int level, ErisPair pair)
    {
        for (; ; level++)
        {
            if (level > _nodes.Count) _nodes.Add(new PartialNode(_blockBytes));
            var node = _nodes[level - 1];
            ErisNode.Write(node.Pairs, node.Count, pair);
            node.Count++;
            if (node.Count < _blockBytes / ErisLayout.PairBytes) return;
            pair = EmitNode(level, node);
        }
    }

    private sealed class PartialNode(int blockBytes)
    {
        public byte[] Pairs { get; } = new byte[blockBytes];

        public int Count { get; set; }

        public long Emitted { get; set; }
    }
}
