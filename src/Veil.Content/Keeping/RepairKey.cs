using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Geralt;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Content.Keeping;

/// <summary>
/// What keeps an object alive and cannot read it (spec/keeping.md, section 2): <c>veil-repair:</c> and base32. Secret:
/// <see cref="ToString"/> tells nothing, <see cref="Format"/> gives the text.
/// </summary>
public sealed class RepairKey
{
    /// <summary>What every repair key begins with.</summary>
    public const string Prefix = "veil-repair:";

    /// <summary>The most blocks of a manifest.</summary>
    public const int MaxManifestBlocks = 64;

    private const byte Version = 1;
    private const int CountOffset = 1 + ReadCapability.Bytes;
    private const int HeaderBytes = CountOffset + sizeof(ushort);
    private const int ChecksumBytes = 4;

    private readonly BlockRef[] _manifestBlocks;

    /// <summary>Puts a key together.</summary>
    /// <param name="stripeMap">The repair capability; over blocks of 32 KiB, at most at level 3.</param>
    /// <param name="manifestBlocks">1 to 64 references, the root's first.</param>
    /// <exception cref="ArgumentException">One of them is not so.</exception>
    public RepairKey(ReadCapability stripeMap, IReadOnlyList<BlockRef> manifestBlocks)
    {
        ArgumentNullException.ThrowIfNull(stripeMap);
        ArgumentNullException.ThrowIfNull(manifestBlocks);
        if (!IsOfMap(stripeMap)) throw new ArgumentException("no capability of a stripe map", nameof(stripeMap));
        if (manifestBlocks.Count is < 1 or > MaxManifestBlocks)
        {
            throw new ArgumentException($"1 to {MaxManifestBlocks} blocks of a manifest", nameof(manifestBlocks));
        }

        StripeMap = stripeMap;
        _manifestBlocks = [.. manifestBlocks];
    }

    /// <summary>Opens the stripe map.</summary>
    public ReadCapability StripeMap { get; }

    /// <summary>References of the manifest's blocks, the root's first.</summary>
    public IReadOnlyList<BlockRef> ManifestBlocks => _manifestBlocks;

    /// <summary>What the content is known by here: the same in its content key.</summary>
    public BlockRef Root => _manifestBlocks[0];

    /// <summary>Whether a text is meant to be a repair key.</summary>
    public static bool IsMeant(ReadOnlySpan<char> text) => text.Trim().StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads a repair key; white space around it is not part of it.</summary>
    /// <param name="text">Anything a person pasted.</param>
    /// <param name="key">The key, where true.</param>
    /// <param name="error">What is wrong, where false; no part of the key.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RepairKey? key, out string error)
    {
        key = null;
        text = text.Trim();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            error = $"a repair key begins with \"{Prefix}\"";
            return false;
        }

        var body = text[Prefix.Length..];
        if (Base32.IndexOfForeign(body, Base32Case.Lower) is >= 0 and var foreign)
        {
            error = $"the character at position {Prefix.Length + foreign + 1} is none that a repair key contains";
            return false;
        }

        var bytes = new byte[body.Length * 5 / 8];
        var references = bytes.Length - HeaderBytes - ChecksumBytes;
        if (references < Bytes32.Size || references % Bytes32.Size != 0
            || references / Bytes32.Size > MaxManifestBlocks)
        {
            error = "the repair key is cut off, or something was added to it";
            return false;
        }

        if (!Base32.TryDecode(body, Base32Case.Lower, bytes) || !HasChecksum(bytes))
        {
            error = "the repair key is mistyped: its checksum does not agree";
            return false;
        }

        error = "the repair key is of a kind that this version does not know";
        return TryRead(bytes.AsSpan()[..^ChecksumBytes], out key);
    }

    /// <summary>The secret itself.</summary>
    public string Format()
    {
        var bytes = new byte[HeaderBytes + (_manifestBlocks.Length * Bytes32.Size) + ChecksumBytes];
        bytes[0] = Version;
        StripeMap.Write(bytes.AsSpan(1));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(CountOffset), (ushort)_manifestBlocks.Length);
        for (var index = 0; index < _manifestBlocks.Length; index++)
        {
            _manifestBlocks[index].Value.AsSpan().CopyTo(bytes.AsSpan(HeaderBytes + (index * Bytes32.Size)));
        }

        Checksum(bytes.AsSpan()[..^ChecksumBytes]).AsSpan()[..ChecksumBytes].CopyTo(bytes.AsSpan()[^ChecksumBytes..]);
        return Prefix + Base32.Encode(bytes, Base32Case.Lower);
    }

    /// <summary>Tells nothing: see <see cref="Format"/>.</summary>
    public override string ToString() => nameof(RepairKey);

    private static bool TryRead(ReadOnlySpan<byte> bytes, out RepairKey? key)
    {
        key = null;
        var count = (bytes.Length - HeaderBytes) / Bytes32.Size;
        if (bytes[0] != Version
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[CountOffset..]) != count
            || !ReadCapability.TryParse(bytes.Slice(1, ReadCapability.Bytes), out var map)
            || !IsOfMap(map!))
        {
            return false;
        }

        var references = new BlockRef[count];
        for (var index = 0; index < count; index++)
        {
            references[index] = new(new Bytes32(bytes.Slice(HeaderBytes + (index * Bytes32.Size), Bytes32.Size)));
        }

        key = new RepairKey(map!, references);
        return true;
    }

    private static bool IsOfMap(ReadCapability capability) =>
        capability.BlockBytes == ErisLayout.BlockBytes && capability.Level <= ErisLayout.MaxLevel;

    private static bool HasChecksum(ReadOnlySpan<byte> bytes) =>
        Checksum(bytes[..^ChecksumBytes]).AsSpan()[..ChecksumBytes].SequenceEqual(bytes[^ChecksumBytes..]);

    private static Bytes32 Checksum(ReadOnlySpan<byte> bytes)
    {
        byte[] input = [.. "veil repair key v1"u8, .. bytes];
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        return digest;
    }
}
