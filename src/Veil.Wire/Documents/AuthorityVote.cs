using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// What one authority says before a consensus is made (spec/directory.md, section 7): the body of a
/// <see cref="SignedEnvelope"/> signed by the authority, as a CBOR array of seven items.
/// </summary>
public sealed record AuthorityVote
{
    /// <summary>The purpose under which a vote is signed.</summary>
    public const string Purpose = "veil vote v1";

    private const uint Format = 1;
    private const int Items = 7;

    /// <summary>The network that it is for.</summary>
    public required NetworkId Network { get; init; }

    /// <summary>The epoch of the consensus that is to be made.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Digest of the header of the last consensus that the authority knows, or all zero.</summary>
    public required Bytes32 Previous { get; init; }

    /// <summary>The authority's contribution to the shared randomness.</summary>
    public required Bytes32 Random { get; init; }

    /// <summary>The parameters that the authority wants.</summary>
    public required IReadOnlyDictionary<string, ulong> Parameters { get; init; }

    /// <summary>The signed descriptors that it lists; whoever reads the vote checks each and their order.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Descriptors { get; init; }

    /// <summary>The body of the envelope.</summary>
    public byte[] EncodeBody()
    {
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(Items);
        writer.WriteUInt32(Format);
        writer.WriteBytes32(Network.Value);
        writer.WriteUInt64(Epoch);
        writer.WriteBytes32(Previous);
        writer.WriteBytes32(Random);
        ParameterMap.Write(writer, Parameters);
        Debug.Assert(Descriptors.Count <= DocumentLimits.MaxRelays, "Bounded by the authority's table.");
        writer.WriteStartArray(Descriptors.Count);
        foreach (ReadOnlyMemory<byte> descriptor in Descriptors)
        {
            writer.WriteByteString(descriptor.Span);
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Reads the body of an envelope whose signature holds; false for every other form or value.</summary>
    public static bool TryDecodeBody(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AuthorityVote? vote) =>
        CanonicalCbor.TryRead(body, Items, Read, out vote);

    private static AuthorityVote? Read(CborReader reader)
    {
        if (reader.ReadUInt32() != Format)
        {
            return null;
        }

        AuthorityVote read = new()
        {
            Network = new NetworkId(reader.ReadBytes32()),
            Epoch = reader.ReadUInt64(),
            Previous = reader.ReadBytes32(),
            Random = reader.ReadBytes32(),
            Parameters = ParameterMap.Read(reader),
            Descriptors = ReadDescriptors(reader),
        };
        return read.Epoch != 0 && ParameterMap.IsPossible(read.Parameters) ? read : null;
    }

    private static List<ReadOnlyMemory<byte>> ReadDescriptors(CborReader reader)
    {
        int count = reader.ReadBoundedArray(DocumentLimits.MaxRelays);
        // Grown as items are really there: the count alone reserves nothing.
        List<ReadOnlyMemory<byte>> descriptors = [];
        for (int index = 0; index < count; index++)
        {
            descriptors.Add(reader.ReadDefiniteLengthByteString());
        }

        reader.ReadEndArray();
        Debug.Assert(descriptors.Count == count, "One item each.");
        return descriptors;
    }
}
