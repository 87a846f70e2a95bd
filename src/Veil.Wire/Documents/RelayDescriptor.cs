using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// What a relay says of itself (spec/directory.md, section 2): the body of a <see cref="SignedEnvelope"/> whose
/// signer is the relay's identity, as a CBOR array of eleven items, at most 4 KiB with the envelope.
/// Signing and verification are in Veil.Directory.
/// </summary>
public sealed record RelayDescriptor
{
    /// <summary>The purpose under which a descriptor is signed.</summary>
    public const string Purpose = "veil descriptor v1";

    private const uint Format = 1;
    private const int Items = 11;

    /// <summary>The network that it is for.</summary>
    public required NetworkId Network { get; init; }

    /// <summary>The relay: the envelope's signer, not repeated in the body.</summary>
    public required RelayId Identity { get; init; }

    /// <summary>The static X25519 public key of its links.</summary>
    public required Bytes32 LinkKey { get; init; }

    /// <summary>The X25519 public key of its hops.</summary>
    public required Bytes32 OnionKey { get; init; }

    /// <summary>Names <see cref="OnionKey"/>; derived, not written.</summary>
    public OnionKeyId OnionKeyId => OnionKeyId.Of(OnionKey);

    /// <summary>1 to 4 addresses; the first is listed. Only lab networks allow others than public ones.</summary>
    public required IReadOnlyList<NetworkAddress> Addresses { get; init; }

    /// <summary>What it offers, at least one role.</summary>
    public required RelayRoles Roles { get; init; }

    /// <summary>Bandwidth claimed, KiB/s, 1 to <see cref="DocumentLimits.MaxWeight"/>.</summary>
    public required uint Weight { get; init; }

    /// <summary>The operator's family, or all zero for none.</summary>
    public Bytes32 Family { get; init; }

    /// <summary>1 to 8 protocol versions without gaps, rising; 0 is none.</summary>
    public required IReadOnlyList<byte> Versions { get; init; }

    /// <summary>The epoch in which it was made, by the relay's clock.</summary>
    public required ulong PublishedEpoch { get; init; }

    /// <summary>Rises with every descriptor of this relay; the highest is the one that counts.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>The body of the envelope.</summary>
    /// <exception cref="InvalidOperationException">The descriptor breaks a rule of section 2.</exception>
    public byte[] EncodeBody()
    {
        if (!IsPossible())
        {
            throw new InvalidOperationException("the descriptor breaks a rule of spec/directory.md, section 2");
        }

        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(Items);
        writer.WriteUInt32(Format);
        writer.WriteBytes32(Network.Value);
        writer.WriteBytes32(LinkKey);
        writer.WriteBytes32(OnionKey);
        WriteAddresses(writer, Addresses);
        writer.WriteUInt32((uint)Roles);
        writer.WriteUInt32(Weight);
        writer.WriteByteString(Family == default ? [] : Family.AsSpan());
        writer.WriteByteString([.. Versions]);
        writer.WriteUInt64(PublishedEpoch);
        writer.WriteUInt64(Sequence);
        writer.WriteEndArray();
        byte[] body = writer.Encode();
        Debug.Assert(body.Length <= DocumentLimits.MaxDescriptorBytes - SignedEnvelope.HeaderSize, "Bounded fields.");
        return body;
    }

    /// <summary>Reads the body of an envelope whose signature holds; false for every other form or value.</summary>
    public static bool TryDecodeBody(
        RelayId signer, ReadOnlyMemory<byte> body, [NotNullWhen(true)] out RelayDescriptor? descriptor) =>
        CanonicalCbor.TryRead(body, Items, reader => Read(signer, reader), out descriptor);

    /// <summary>
    /// Whether it may stand in <paramref name="network"/>: the same id, and public addresses unless it is a lab.
    /// </summary>
    public bool Fits(NetworkDefinition network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Network == network.Id && (network.Lab || Addresses.All(address => address.IsPublic));
    }

    private static RelayDescriptor? Read(RelayId signer, CborReader reader)
    {
        if (reader.ReadUInt32() != Format)
        {
            return null;
        }

        RelayDescriptor read = new()
        {
            Identity = signer,
            Network = new NetworkId(reader.ReadBytes32()),
            LinkKey = reader.ReadBytes32(),
            OnionKey = reader.ReadBytes32(),
            Addresses = ReadAddresses(reader),
            Roles = (RelayRoles)reader.ReadInt32(),
            Weight = reader.ReadUInt32(),
            Family = ReadFamily(reader, out bool familyIsPossible),
            Versions = reader.ReadByteString(),
            PublishedEpoch = reader.ReadUInt64(),
            Sequence = reader.ReadUInt64(),
        };
        return familyIsPossible && read.IsPossible() ? read : null;
    }

    private static Bytes32 ReadFamily(CborReader reader, out bool possible)
    {
        byte[] bytes = reader.ReadByteString();
        Bytes32 family = bytes.Length == Bytes32.Size ? new Bytes32(bytes) : default;
        // Either absent or a value: all zero written out would be a second form of "none".
        possible = bytes.Length == 0 || family != default;
        return family;
    }

    private static void WriteAddresses(CborWriter writer, IReadOnlyList<NetworkAddress> addresses)
    {
        Debug.Assert(addresses.Count is > 0 and <= DocumentLimits.MaxAddresses, "Checked before writing.");
        Span<byte> bytes = stackalloc byte[NetworkAddress.Size];
        writer.WriteStartArray(addresses.Count);
        foreach (NetworkAddress address in addresses)
        {
            address.WriteTo(bytes);
            writer.WriteByteString(bytes);
        }

        writer.WriteEndArray();
    }

    private static NetworkAddress[] ReadAddresses(CborReader reader)
    {
        NetworkAddress[] addresses = new NetworkAddress[reader.ReadBoundedArray(DocumentLimits.MaxAddresses)];
        for (int index = 0; index < addresses.Length; index++)
        {
            // An address that cannot be stays at its default, which IsPossible refuses.
            _ = NetworkAddress.TryRead(reader.ReadDefiniteLengthByteString().Span, out addresses[index]);
        }

        reader.ReadEndArray();
        return addresses;
    }

    private bool IsPossible()
    {
        bool keys = Identity != default && LinkKey != default && OnionKey != default;
        bool addresses = Addresses.Count is > 0 and <= DocumentLimits.MaxAddresses
            && Addresses.All(address => address != default) && Addresses.Distinct().Count() == Addresses.Count;
        bool roles = Roles != RelayRoles.None && (Roles & ~RelayRoles.All) == 0;
        bool versions = Versions.Count is > 0 and <= DocumentLimits.MaxVersions && Versions[0] != 0
            && Versions.Zip(Versions.Skip(1)).All(pair => pair.Second == pair.First + 1);
        return keys && addresses && roles && versions && Weight is > 0 and <= DocumentLimits.MaxWeight
            && PublishedEpoch != 0;
    }
}
