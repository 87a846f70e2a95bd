using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>A manifest as deterministic CBOR (spec/manifest.md, section 1).</summary>
public static class ManifestCodec
{
    /// <summary>The largest manifest that a reader decodes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The highest level of a manifest's root.</summary>
    public const byte MaxLevel = 1;

    /// <summary>
    /// What a decoder may spend on one: level 1, and the leaves of <see cref="MaxBytes"/> with their node.
    /// </summary>
    public static ErisLimits Limits { get; } = new(MaxLevel, (MaxBytes / ErisLayout.BlockBytes) + 2, MaxBytes);

    private const string Magic = "veil manifest";
    private const uint Version = 2;
    private const int RequiredFields = 9;
    private const ulong IndexKey = 9;
    private const ulong LicenceKey = 10;
    private const ulong RightsHolderKey = 11;
    private const ulong PreviousKey = 12;
    private const ulong SignerKey = 13;
    private const ulong SignatureKey = 14;
    private const ulong LevelKey = 15;
    private const ulong FirstIgnorableKey = 128;
    private const ulong OpeningKey = 129;
    private const ulong LastKey = 65535;
    private const int MaxNesting = 8;

    /// <summary>Writes a manifest.</summary>
    public static byte[] Encode(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var capability = new byte[ReadCapability.Bytes];
        CborWriter writer = new(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(RequiredFields + OptionalFields(manifest));
        writer.WriteUInt32(0);
        writer.WriteTextString(Magic);
        writer.WriteUInt32(1);
        writer.WriteUInt32(Version);
        writer.WriteUInt32(2);
        writer.WriteUInt32((uint)manifest.Size.Kind);
        writer.WriteUInt32(3);
        writer.WriteTextString(manifest.Name);
        writer.WriteUInt32(4);
        writer.WriteInt64(manifest.Size.Length);
        writer.WriteUInt32(5);
        writer.WriteTextString(manifest.MimeType);
        writer.WriteUInt32(6);
        manifest.Capabilities.Data.Write(capability);
        writer.WriteByteString(capability);
        writer.WriteUInt32(7);
        manifest.Capabilities.StripeMap.Write(capability);
        writer.WriteByteString(capability);
        writer.WriteUInt32(8);
        writer.WriteByteString(manifest.EntityDigest.AsSpan());
        WriteOptional(writer, manifest);
        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>
    /// Reads a manifest. False where anything breaks its layout or does not fit; a signature is not checked, see
    /// <see cref="ManifestSignature.Holds"/>.
    /// </summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Manifest? manifest)
    {
        manifest = null;
        if (bytes.Length > MaxBytes) return false;
        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Ctap2Canonical);
            if (reader.ReadStartMap() is not { } fields || fields < RequiredFields) return false;
            if (!TryReadFields(reader, fields, out manifest)) return Refuse(out manifest);
            reader.ReadEndMap();
            return reader.BytesRemaining == 0 || Refuse(out manifest);
        }
        catch (Exception fault) when (fault is CborContentException or InvalidOperationException or OverflowException)
        {
            // The reader tells malformed bytes and unexpected types only by these three.
            return Refuse(out manifest);
        }
    }

    /// <summary>Where the 64 bytes of the signature begin; null without one.</summary>
    /// <param name="bytes">Of a manifest that <see cref="TryDecode"/> accepts.</param>
    internal static int? FindSignature(ReadOnlyMemory<byte> bytes)
    {
        CborReader reader = new(bytes, CborConformanceMode.Ctap2Canonical);
        for (var left = reader.ReadStartMap(); left > 0; left--)
        {
            if (reader.ReadUInt64() == SignatureKey)
            {
                reader.ReadByteString();
                return bytes.Length - reader.BytesRemaining - ManifestSignature.Bytes;
            }

            reader.SkipValue();
        }

        return null;
    }

    private static int OptionalFields(Manifest manifest)
    {
        var said = manifest.Statements;
        return (manifest.Size.IndexLength is null ? 0 : 1)
            + (said.Licence is null ? 0 : 1)
            + (said.RightsHolder is null ? 0 : 1)
            + (said.Previous is null ? 0 : 1)
            + (manifest.Signature is null ? 0 : 2)
            + (manifest.Level == ParityLevel.Full ? 0 : 1)
            + (manifest.Opening is null ? 0 : 1);
    }

    private static void WriteOptional(CborWriter writer, Manifest manifest)
    {
        var said = manifest.Statements;
        if (manifest.Size.IndexLength is { } index)
        {
            writer.WriteUInt64(IndexKey);
            writer.WriteInt32(index);
        }

        WriteText(writer, LicenceKey, said.Licence);
        WriteText(writer, RightsHolderKey, said.RightsHolder);
        if (said.Previous is { } previous)
        {
            var capability = new byte[ReadCapability.Bytes];
            previous.Capability.Write(capability);
            writer.WriteUInt64(PreviousKey);
            writer.WriteByteString(capability);
        }

        if (manifest.Signature is { } signature)
        {
            writer.WriteUInt64(SignerKey);
            writer.WriteByteString(signature.Signer.Key.AsSpan());
            writer.WriteUInt64(SignatureKey);
            writer.WriteByteString(signature.Value.Span);
        }

        if (manifest.Level != ParityLevel.Full)
        {
            writer.WriteUInt64(LevelKey);
            writer.WriteUInt64((ulong)manifest.Level);
        }

        if (manifest.Opening is { } opening)
        {
            writer.WriteUInt64(OpeningKey);
            writer.WriteByteString(opening.ToBytes());
        }
    }

    private static void WriteText(CborWriter writer, ulong key, string? text)
    {
        if (text is null) return;
        writer.WriteUInt64(key);
        writer.WriteTextString(text);
    }

    // Keys are in order and none is missing, so the first nine entries are keys 0 to 8.
    private static bool TryReadFields(CborReader reader, int fields, out Manifest? manifest)
    {
        manifest = null;
        if (reader.ReadUInt64() != 0 || reader.ReadTextString() != Magic) return false;
        if (reader.ReadUInt64() != 1 || reader.ReadUInt64() != Version) return false;
        if (reader.ReadUInt64() != 2) return false;
        var kind = reader.ReadUInt64();
        if (kind > (ulong)ContentKind.Folder) return false;
        if (reader.ReadUInt64() != 3) return false;
        var name = reader.ReadTextString();
        if (reader.ReadUInt64() != 4) return false;
        var length = reader.ReadInt64();
        if (reader.ReadUInt64() != 5) return false;
        var type = reader.ReadTextString();
        if (reader.ReadUInt64() != 6) return false;
        if (!ReadCapability.TryParse(reader.ReadByteString(), out var data)) return false;
        if (reader.ReadUInt64() != 7) return false;
        if (!ReadCapability.TryParse(reader.ReadByteString(), out var map)) return false;
        if (reader.ReadUInt64() != 8) return false;
        var digest = reader.ReadByteString();
        if (!TryReadOptional(reader, fields - RequiredFields, out var optional)) return false;
        if ((kind == (ulong)ContentKind.Folder) != optional.IndexLength.HasValue) return false;

        ManifestCapabilities capabilities = new(data!, map!);
        ContentSize size = new(length, optional.IndexLength);
        if (digest.Length != Bytes32.Size || !Manifest.Fits(name, size, type, capabilities)) return false;
        var opening = optional.Opening is { } bytes
            ? OpeningStripe.TryParse(bytes, (size, optional.Level), capabilities.Data)
            : null;
        if (optional.Opening is not null && opening is null) return false;
        manifest = new Manifest(name, size, type, capabilities, new Bytes32(digest))
        {
            Statements = optional.Statements,
            Signature = optional.Signature,
            Level = optional.Level,
            Opening = opening,
        };
        return true;
    }

    private static bool TryReadOptional(CborReader reader, int fields, out Optional optional)
    {
        optional = new Optional(null, ManifestStatements.None, null, null);
        byte[]? signer = null;
        byte[]? signature = null;
        for (; fields > 0; fields--)
        {
            var said = optional.Statements;
            switch (reader.ReadUInt64())
            {
                case IndexKey:
                    optional = optional with { IndexLength = reader.ReadInt32() };
                    break;
                case LicenceKey:
                    optional = optional with { Statements = said with { Licence = reader.ReadTextString() } };
                    break;
                case RightsHolderKey:
                    optional = optional with { Statements = said with { RightsHolder = reader.ReadTextString() } };
                    break;
                case PreviousKey:
                    if (!ReadCapability.TryParse(reader.ReadByteString(), out var previous)
                        || previous!.BlockBytes != ErisLayout.BlockBytes)
                    {
                        return false;
                    }

                    optional = optional with { Statements = said with { Previous = new ContentKey(previous) } };
                    break;
                case SignerKey:
                    signer = reader.ReadByteString();
                    break;
                case SignatureKey:
                    signature = reader.ReadByteString();
                    break;
                case LevelKey:
                    var level = reader.ReadUInt64();
                    if (level is < 1 or > (ulong)ParityLevel.Quarter) return false;
                    optional = optional with { Level = (ParityLevel)level };
                    break;
                case OpeningKey:
                    optional = optional with { Opening = reader.ReadByteString() };
                    break;
                case >= FirstIgnorableKey and <= LastKey:
                    if (!TrySkip(reader)) return false;
                    break;
                default:
                    return false;
            }
        }

        return optional.Statements.IsPossible && TryRead(signer, signature, ref optional);
    }

    private static bool TryRead(byte[]? signer, byte[]? signature, ref Optional optional)
    {
        if (signer is null && signature is null) return true;
        if (signer?.Length != Bytes32.Size || signature?.Length != ManifestSignature.Bytes) return false;
        if (!NameAddress.TryOf(new Bytes32(signer), out var address)) return false;
        optional = optional with { Signature = new ManifestSignature(address, signature) };
        return true;
    }

    // Iterative, with a bound on depth: CborReader.SkipValue has none of ours.
    private static bool TrySkip(CborReader reader)
    {
        var start = reader.CurrentDepth;
        do
        {
            if (reader.CurrentDepth - start > MaxNesting) return false;
            switch (reader.PeekState())
            {
                case CborReaderState.StartArray:
                    reader.ReadStartArray();
                    break;
                case CborReaderState.EndArray:
                    reader.ReadEndArray();
                    break;
                case CborReaderState.StartMap:
                    reader.ReadStartMap();
                    break;
                case CborReaderState.EndMap:
                    reader.ReadEndMap();
                    break;
                default:
                    reader.SkipValue();
                    break;
            }
        }
        while (reader.CurrentDepth > start);
        return true;
    }

    private static bool Refuse(out Manifest? manifest)
    {
        manifest = null;
        return false;
    }

    private readonly record struct Optional(
        int? IndexLength,
        ManifestStatements Statements,
        ManifestSignature? Signature,
        byte[]? Opening)
    {
        public ParityLevel Level { get; init; }
    }
}
