using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Veil.Wire.Documents;

/// <summary>
/// One relay as the authorities list it: a leaf of 212 bytes at fixed offsets, numbers big-endian
/// (spec/directory.md, section 3). The leaf is what both Merkle trees hash, so it has exactly one form.
/// </summary>
public sealed record RelayEntry
{
    /// <summary>Length of a leaf in bytes.</summary>
    public const int Size = 212;

    private const int LinkKeyOffset = 32;
    private const int OnionKeyOffset = 64;
    private const int OnionKeyIdOffset = 96;
    private const int AddressOffset = 104;
    private const int FlagsOffset = 122;
    private const int VersionMinOffset = 124;
    private const int VersionMaxOffset = 125;
    private const int AwayOffset = 126;
    private const int WeightStartOffset = 128;
    private const int AdmittedOffset = 136;
    private const int WeightOffset = 144;
    private const int RingOffset = 148;
    private const int FamilyOffset = 180;

    /// <summary>The relay's Ed25519 identity.</summary>
    public required RelayId Identity { get; init; }

    /// <summary>The static X25519 public key of its links.</summary>
    public required Bytes32 LinkKey { get; init; }

    /// <summary>The X25519 public key of its hops.</summary>
    public required Bytes32 OnionKey { get; init; }

    /// <summary>Names <see cref="OnionKey"/>; a leaf with another id is refused.</summary>
    public OnionKeyId OnionKeyId => OnionKeyId.Of(OnionKey);

    /// <summary>Where its links are accepted.</summary>
    public required NetworkAddress Address { get; init; }

    /// <summary>What the authorities say of it.</summary>
    public required RelayFlags Flags { get; init; }

    /// <summary>The lowest protocol version that it speaks.</summary>
    public required byte VersionMin { get; init; }

    /// <summary>The highest protocol version that it speaks; every version between is spoken, too.</summary>
    public required byte VersionMax { get; init; }

    /// <summary>
    /// Epochs since a majority last listed it; 0 when it is listed now. A relay that is away has no flags and no
    /// weight: the leaf keeps its place on the ring for it.
    /// </summary>
    public ushort Away { get; init; }

    /// <summary>The sum of the weights of all leaves before this one: it owns [start, start + weight).</summary>
    public required ulong WeightStart { get; init; }

    /// <summary>Its share in weighted choices, KiB/s; 0 unless <see cref="RelayFlags.Relay"/>.</summary>
    public required uint Weight { get; init; }

    /// <summary>The epoch whose consensus admitted it.</summary>
    public required ulong AdmittedEpoch { get; init; }

    /// <summary>Its point on the ring, or all zero if it never offered a store.</summary>
    public Bytes32 RingPosition { get; init; }

    /// <summary>The operator's family, or all zero for none.</summary>
    public Bytes32 Family { get; init; }

    /// <summary>Whether all of <paramref name="flags"/> are set.</summary>
    public bool Has(RelayFlags flags) => (Flags & flags) == flags;

    /// <summary>Reads a leaf; false unless it is the one form of a possible entry.</summary>
    public static bool TryRead(ReadOnlySpan<byte> leaf, [NotNullWhen(true)] out RelayEntry? entry)
    {
        entry = null;
        if (leaf.Length != Size
            || !NetworkAddress.TryRead(leaf.Slice(AddressOffset, NetworkAddress.Size), out NetworkAddress address))
        {
            return false;
        }

        RelayEntry read = new()
        {
            Identity = new RelayId(new Bytes32(leaf[..LinkKeyOffset])),
            LinkKey = new Bytes32(leaf[LinkKeyOffset..OnionKeyOffset]),
            OnionKey = new Bytes32(leaf[OnionKeyOffset..OnionKeyIdOffset]),
            Address = address,
            Flags = (RelayFlags)BinaryPrimitives.ReadUInt16BigEndian(leaf[FlagsOffset..]),
            VersionMin = leaf[VersionMinOffset],
            VersionMax = leaf[VersionMaxOffset],
            Away = BinaryPrimitives.ReadUInt16BigEndian(leaf[AwayOffset..]),
            WeightStart = BinaryPrimitives.ReadUInt64BigEndian(leaf[WeightStartOffset..]),
            AdmittedEpoch = BinaryPrimitives.ReadUInt64BigEndian(leaf[AdmittedOffset..]),
            Weight = BinaryPrimitives.ReadUInt32BigEndian(leaf[WeightOffset..]),
            RingPosition = new Bytes32(leaf[RingOffset..FamilyOffset]),
            Family = new Bytes32(leaf[FamilyOffset..]),
        };
        ulong onionKeyId = BinaryPrimitives.ReadUInt64BigEndian(leaf[OnionKeyIdOffset..]);
        if (!read.IsPossible() || onionKeyId != read.OnionKeyId.Value)
        {
            return false;
        }

        entry = read;
        return true;
    }

    /// <summary>Writes the leaf.</summary>
    /// <exception cref="ArgumentException">The destination is not 212 bytes long.</exception>
    /// <exception cref="InvalidOperationException">The entry breaks a rule of section 3.</exception>
    public void WriteTo(Span<byte> leaf)
    {
        if (leaf.Length != Size)
        {
            throw new ArgumentException($"a leaf has {Size} bytes, not {leaf.Length}", nameof(leaf));
        }

        if (!IsPossible())
        {
            throw new InvalidOperationException("the entry breaks a rule of spec/directory.md, section 3");
        }

        Identity.Value.AsSpan().CopyTo(leaf);
        LinkKey.AsSpan().CopyTo(leaf[LinkKeyOffset..]);
        OnionKey.AsSpan().CopyTo(leaf[OnionKeyOffset..]);
        OnionKeyId.WriteTo(leaf[OnionKeyIdOffset..]);
        Address.WriteTo(leaf[AddressOffset..]);
        BinaryPrimitives.WriteUInt16BigEndian(leaf[FlagsOffset..], (ushort)Flags);
        leaf[VersionMinOffset] = VersionMin;
        leaf[VersionMaxOffset] = VersionMax;
        BinaryPrimitives.WriteUInt16BigEndian(leaf[AwayOffset..], Away);
        BinaryPrimitives.WriteUInt64BigEndian(leaf[WeightStartOffset..], WeightStart);
        BinaryPrimitives.WriteUInt64BigEndian(leaf[AdmittedOffset..], AdmittedEpoch);
        BinaryPrimitives.WriteUInt32BigEndian(leaf[WeightOffset..], Weight);
        RingPosition.AsSpan().CopyTo(leaf[RingOffset..]);
        Family.AsSpan().CopyTo(leaf[FamilyOffset..]);
        Debug.Assert(FamilyOffset + Bytes32.Size == Size, "The last field ends the leaf.");
    }

    private bool IsPossible()
    {
        bool keys = LinkKey != default && OnionKey != default && Identity != default && Address != default;
        bool versions = VersionMin != 0 && VersionMin <= VersionMax;
        bool flags = (Flags & ~RelayFlags.All) == 0 && (Away == 0 || Flags == RelayFlags.None)
            && (Has(RelayFlags.Relay) || (Flags & (RelayFlags.Guard | RelayFlags.Fast)) == 0);
        bool weight = Has(RelayFlags.Relay) ? Weight is > 0 and <= DocumentLimits.MaxWeight : Weight == 0;
        bool place = !Has(RelayFlags.Store) || RingPosition != default;
        return keys && versions && flags && weight && place && AdmittedEpoch != 0;
    }
}
