using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// One authority's signature of a consensus header, on its way to the others (spec/directory.md, section 7): the body
/// of a <see cref="SignedEnvelope"/>, as a CBOR array of five items. The envelope binds the inner signature to its
/// epoch, so that an old one cannot take the place of a new one.
/// </summary>
public sealed record AuthoritySignature
{
    /// <summary>The purpose under which the envelope is signed.</summary>
    public const string Purpose = "veil signature v1";

    /// <summary>Bytes of an envelope at most.</summary>
    public const int MaxBytes = 512;

    private const uint Format = 1;
    private const int Items = 5;

    /// <summary>The network that it is for.</summary>
    public required NetworkId Network { get; init; }

    /// <summary>The epoch of the consensus.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>BLAKE2b-256 of the header.</summary>
    public required Bytes32 Digest { get; init; }

    /// <summary>The Ed25519 signature of the header, 64 bytes, under <see cref="ConsensusHeader.Purpose"/>.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The body of the envelope.</summary>
    public byte[] EncodeBody()
    {
        Debug.Assert(Signature.Length == SignedEnvelope.SignatureSize, "An Ed25519 signature.");
        CborWriter writer = new(CborConformanceMode.Canonical);
        writer.WriteStartArray(Items);
        writer.WriteUInt32(Format);
        writer.WriteBytes32(Network.Value);
        writer.WriteUInt64(Epoch);
        writer.WriteBytes32(Digest);
        writer.WriteByteString(Signature.Span);
        writer.WriteEndArray();
        return writer.Encode();
    }

    /// <summary>Reads the body of an envelope whose signature holds; false for every other form or value.</summary>
    public static bool TryDecodeBody(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AuthoritySignature? signature) =>
        CanonicalCbor.TryRead(body, Items, Read, out signature);

    private static AuthoritySignature? Read(CborReader reader)
    {
        if (reader.ReadUInt32() != Format)
        {
            return null;
        }

        AuthoritySignature read = new()
        {
            Network = new NetworkId(reader.ReadBytes32()),
            Epoch = reader.ReadUInt64(),
            Digest = reader.ReadBytes32(),
            Signature = reader.ReadByteString(),
        };
        return read.Signature.Length == SignedEnvelope.SignatureSize ? read : null;
    }
}
