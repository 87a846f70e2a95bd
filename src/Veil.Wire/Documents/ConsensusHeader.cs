using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// The part of a consensus that the authorities sign (spec/directory.md, section 4): a CBOR array of fourteen items,
/// at most 8 KiB. Everything else in the document follows from it: the two roots fix every leaf.
/// </summary>
public sealed record ConsensusHeader
{
    /// <summary>The purpose under which a header is signed.</summary>
    public const string Purpose = "veil consensus v1";

    private const uint Format = 1;
    private const int Items = 14;

    /// <summary>The network that it is for.</summary>
    public required NetworkId Network { get; init; }

    /// <summary>The epoch that it is for; never goes back.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Start of the epoch, seconds since 1970.</summary>
    public required long ValidAfter { get; init; }

    /// <summary>Start of the next epoch, seconds since 1970.</summary>
    public required long FreshUntil { get; init; }

    /// <summary>End of validity, seconds since 1970.</summary>
    public required long ValidUntil { get; init; }

    /// <summary>The shared randomness of this epoch (section 7).</summary>
    public required Bytes32 Randomness { get; init; }

    /// <summary>Digest of the header that this one follows, or all zero for the first.</summary>
    public Bytes32 Previous { get; init; }

    /// <summary>Numbers that steer the network; absent ones have the default that their user names.</summary>
    public required IReadOnlyDictionary<string, ulong> Parameters { get; init; }

    /// <summary>Number of leaves, with those that are away.</summary>
    public required int Count { get; init; }

    /// <summary>Sum of all weights.</summary>
    public required ulong TotalWeight { get; init; }

    /// <summary>Root over all leaves by identity, which is the order of their cumulative weights, too.</summary>
    public required Bytes32 RelaysRoot { get; init; }

    /// <summary>Number of leaves that stand on the ring.</summary>
    public required int StoreCount { get; init; }

    /// <summary>Root over the leaves that stand on the ring, in the order of their points.</summary>
    public required Bytes32 StoresRoot { get; init; }

    /// <summary>The header's bytes.</summary>
    /// <exception cref="InvalidOperationException">The header breaks a rule of section 4.</exception>
    public byte[] Encode()
    {
        if (!IsPossible())
        {
            throw new InvalidOperationException("the header breaks a rule of spec/directory.md, section 4");
        }

        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(Items);
        writer.WriteUInt32(Format);
        writer.WriteBytes32(Network.Value);
        writer.WriteUInt64(Epoch);
        writer.WriteInt64(ValidAfter);
        writer.WriteInt64(FreshUntil);
        writer.WriteInt64(ValidUntil);
        writer.WriteBytes32(Randomness);
        writer.WriteBytes32(Previous);
        ParameterMap.Write(writer, Parameters);
        writer.WriteInt32(Count);
        writer.WriteUInt64(TotalWeight);
        writer.WriteBytes32(RelaysRoot);
        writer.WriteInt32(StoreCount);
        writer.WriteBytes32(StoresRoot);
        writer.WriteEndArray();
        byte[] encoded = writer.Encode();
        Debug.Assert(encoded.Length <= DocumentLimits.MaxHeaderBytes, "Bounded fields.");
        return encoded;
    }

    /// <summary>Reads a header whose signatures hold; false for every other form or value.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> encoded, [NotNullWhen(true)] out ConsensusHeader? header)
    {
        header = null;
        return encoded.Length <= DocumentLimits.MaxHeaderBytes
            && CanonicalCbor.TryRead(encoded, Items, Read, out header);
    }

    private static ConsensusHeader? Read(CborReader reader)
    {
        if (reader.ReadUInt32() != Format)
        {
            return null;
        }

        ConsensusHeader read = new()
        {
            Network = new NetworkId(reader.ReadBytes32()),
            Epoch = reader.ReadUInt64(),
            ValidAfter = reader.ReadInt64(),
            FreshUntil = reader.ReadInt64(),
            ValidUntil = reader.ReadInt64(),
            Randomness = reader.ReadBytes32(),
            Previous = reader.ReadBytes32(),
            Parameters = ParameterMap.Read(reader),
            Count = reader.ReadInt32(),
            TotalWeight = reader.ReadUInt64(),
            RelaysRoot = reader.ReadBytes32(),
            StoreCount = reader.ReadInt32(),
            StoresRoot = reader.ReadBytes32(),
        };
        return read.IsPossible() ? read : null;
    }

    private bool IsPossible() =>
        Epoch != 0
        && ValidAfter >= 0 && ValidAfter < FreshUntil && FreshUntil <= ValidUntil
        && Count is > 0 and <= DocumentLimits.MaxRelays
        && StoreCount >= 0 && StoreCount <= Count
        && TotalWeight <= (ulong)Count * DocumentLimits.MaxWeight
        && ParameterMap.IsPossible(Parameters);
}
