using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Content.Eris;

/// <summary>
/// What it takes to find, verify and decrypt an object: 66 bytes (spec/block.md, section 3). Secret: whoever has it
/// can read, so <see cref="ToString"/> tells nothing.
/// </summary>
public sealed record ReadCapability
{
    /// <summary>Length of the binary form.</summary>
    public const int Bytes = 66;

    private const string UrnPrefix = "urn:eris:";
    private const byte SmallBlockCode = 0x0A;
    private const byte BlockCode = 0x0F;

    /// <summary>Puts a capability together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The block size is neither of the two of ERIS.</exception>
    public ReadCapability(int blockBytes, byte level, BlockRef rootReference, Bytes32 rootKey)
    {
        if (!ErisLayout.IsBlockSize(blockBytes)) throw new ArgumentOutOfRangeException(nameof(blockBytes));
        BlockBytes = blockBytes;
        Level = level;
        RootReference = rootReference;
        RootKey = rootKey;
    }

    /// <summary>1,024 or 32,768.</summary>
    public int BlockBytes { get; }

    /// <summary>Level of the root; 0 where one block is all. Chosen by whoever made the capability: bound it.</summary>
    public byte Level { get; }

    /// <summary>Reference of the root's block.</summary>
    public BlockRef RootReference { get; }

    /// <summary>Key of the root's block.</summary>
    public Bytes32 RootKey { get; }

    /// <summary>Reads the binary form. False for another length or an unknown block size.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ReadCapability? capability)
    {
        capability = null;
        if (bytes.Length != Bytes || bytes[0] is not (SmallBlockCode or BlockCode)) return false;
        capability = new ReadCapability(
            1 << bytes[0],
            bytes[1],
            new BlockRef(new Bytes32(bytes.Slice(2, Bytes32.Size))),
            new Bytes32(bytes.Slice(2 + Bytes32.Size, ErisLayout.KeyBytes)));
        return true;
    }

    /// <summary>Reads <c>urn:eris:</c> and 106 characters. False for every spelling but the canonical one.</summary>
    public static bool TryParseUrn(ReadOnlySpan<char> urn, out ReadCapability? capability)
    {
        capability = null;
        Span<byte> bytes = stackalloc byte[Bytes];
        return urn.StartsWith(UrnPrefix, StringComparison.Ordinal)
            && Base32.TryDecode(urn[UrnPrefix.Length..], Base32Case.Upper, bytes)
            && TryParse(bytes, out capability);
    }

    /// <summary>Writes the binary form.</summary>
    /// <param name="destination">At least 66 bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = BlockBytes == ErisLayout.BlockBytes ? BlockCode : SmallBlockCode;
        destination[1] = Level;
        RootReference.Value.AsSpan().CopyTo(destination[2..]);
        RootKey.AsSpan().CopyTo(destination[(2 + Bytes32.Size)..]);
    }

    /// <summary>The secret itself as <c>urn:eris:</c> text.</summary>
    public string FormatUrn()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Write(bytes);
        return UrnPrefix + Base32.Encode(bytes, Base32Case.Upper);
    }

    /// <summary>Tells nothing: see <see cref="FormatUrn"/>.</summary>
    public override string ToString() => nameof(ReadCapability);
}
