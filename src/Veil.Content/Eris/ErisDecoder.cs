using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Wire;

namespace Veil.Content.Eris;

/// <summary>Looks a block up by its reference; false where it is not to be had.</summary>
public delegate bool ErisBlockSource(BlockRef reference, out ReadOnlyMemory<byte> block);

/// <summary>
/// Blocks in, content out, in order, without I/O: says which block it wants next and takes it
/// (spec/block.md, sections 4 and 5). Iterative, one node per level in memory. One owner at a time.
/// </summary>
public sealed class ErisDecoder : IDisposable
{
    private readonly ReadCapability _capability;
    private readonly ErisLimits _limits;
    private readonly byte[] _plaintext;
    private readonly Stack<Frame> _path = new();
    private ErisPair _wanted;
    private int _wantedLevel;
    private bool _wantedIsLast = true;
    private long _blocks;
    private long _contentBytes;

    /// <summary>Starts at the root.</summary>
    public ErisDecoder(ReadCapability capability, ErisLimits limits)
    {
        ArgumentNullException.ThrowIfNull(capability);
        _capability = capability;
        _limits = limits;
        _plaintext = new byte[capability.BlockBytes];
        _wanted = new ErisPair(capability.RootReference, capability.RootKey);
        _wantedLevel = capability.Level;
        Fault = capability.Level > limits.MaxLevel ? ErisFault.LevelLimit : ErisFault.None;
    }

    /// <summary>Why the object does not decode; final once it is not <see cref="ErisFault.None"/>.</summary>
    public ErisFault Fault { get; private set; }

    /// <summary>All content is out and every check passed.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The next block wanted; meaningless once complete or faulty.</summary>
    public BlockRef Wanted => _wanted.Reference;

    /// <summary>Takes the wanted block; its content, if it is a leaf, goes to <paramref name="output"/>.</summary>
    /// <returns>False once the object is faulty; what came out until then is not to be used.</returns>
    /// <exception cref="InvalidOperationException">Nothing is wanted any more.</exception>
    public bool Supply(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (IsComplete || Fault != ErisFault.None) throw new InvalidOperationException("no block is wanted");
        Fault = Accept(block);
        if (Fault == ErisFault.None) Fault = _wantedLevel > 0 ? Descend() : EmitLeaf(output);
        if (Fault == ErisFault.None) Advance();
        return Fault == ErisFault.None;
    }

    /// <summary>Decodes a whole object; <paramref name="content"/> is empty unless the fault is none.</summary>
    public static ErisFault Decode(
        ReadCapability capability,
        ErisLimits limits,
        ErisBlockSource source,
        out ReadOnlyMemory<byte> content)
    {
        ArgumentNullException.ThrowIfNull(source);
        content = default;
        var output = new ArrayBufferWriter<byte>();
        using var decoder = new ErisDecoder(capability, limits);
        while (!decoder.IsComplete && decoder.Fault == ErisFault.None)
        {
            if (!source(decoder.Wanted, out var block)) return ErisFault.MissingBlock;
            decoder.Supply(block.Span, output);
        }

        if (decoder.IsComplete) content = output.WrittenMemory;
        return decoder.Fault;
    }

    /// <summary>Wipes plaintext and keys.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_plaintext);
        foreach (var frame in _path) CryptographicOperations.ZeroMemory(frame.Node);
        _wanted = default;
    }

    private ErisFault Accept(ReadOnlySpan<byte> block)
    {
        if (++_blocks > _limits.MaxBlocks) return ErisFault.BlockLimit;
        if (block.Length != _capability.BlockBytes) return ErisFault.WrongSize;
        if (BlockRef.Of(block) != _wanted.Reference) return ErisFault.WrongReference;
        ErisCipher.Transform(block, _plaintext, _wanted.Key, (byte)_wantedLevel);
        return _wantedLevel == 0 || ErisCipher.NodeKey(_plaintext) == _wanted.Key
            ? ErisFault.None
            : ErisFault.WrongKey;
    }

    private ErisFault Descend()
    {
        var arity = _capability.BlockBytes / ErisLayout.PairBytes;
        if (!ErisNode.TryCount(_plaintext, out var count)) return ErisFault.MalformedNode;

        // One shape per length (spec/block.md, section 5): full unless on the right edge; a root has two at least.
        if (!_wantedIsLast && count != arity) return ErisFault.MalformedNode;
        if (_path.Count == 0 && count < 2) return ErisFault.MalformedNode;
        Debug.Assert(_path.Count < _limits.MaxLevel, "the level bounds the path");
        _path.Push(new Frame(_plaintext.AsSpan().ToArray(), count, _wantedLevel, _wantedIsLast));
        return ErisFault.None;
    }

    private ErisFault EmitLeaf(IBufferWriter<byte> output)
    {
        var length = _plaintext.Length;
        if (_wantedIsLast && !ErisPadding.TryFind(_plaintext, out length)) return ErisFault.BadPadding;
        if (length > _limits.MaxContentBytes - _contentBytes) return ErisFault.ContentLimit;
        _contentBytes += length;
        output.Write(_plaintext.AsSpan(0, length));
        return ErisFault.None;
    }

    private void Advance()
    {
        while (_path.TryPeek(out var frame))
        {
            if (frame.Next < frame.Count)
            {
                _wanted = ErisNode.Read(frame.Node, frame.Next++);
                _wantedLevel = frame.Level - 1;
                _wantedIsLast = frame.IsLast && frame.Next == frame.Count;
                return;
            }

            CryptographicOperations.ZeroMemory(_path.Pop().Node);
        }

        IsComplete = true;
    }

    private sealed class Frame(byte[] node, int count, int level, bool isLast)
    {
        public byte[] Node { get; } = node;

        public int Count { get; } = count;

        public int Level { get; } = level;

        public bool IsLast { get; } = isLast;

        public int Next { get; set; }
    }
}
