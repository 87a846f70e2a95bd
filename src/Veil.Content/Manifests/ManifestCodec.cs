using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;
using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>A manifest as deterministic CBOR (spec/manifest.md, section 1).</summary>
public static class ManifestCodec
{
    /// <summary>The largest manifest that a reader decodes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>
    /// What a decoder may spend on one: level 1, and the leaves of <see cref="MaxBytes"/> with their node.
    /// </summary>
    public static ErisLimits Limits { get; } = new(1, (MaxBytes / ErisLayout.BlockBytes) + 2, MaxBytes);

    private const string Magic = "veil manifest";
    private const uint Version = 2;
    private const int FileFields = 9;
    private const int FolderFields = 10;
    private const ulong FirstIgnorableKey = 128;
    private const ulong LastKey = 65535;
    private const int MaxNesting = 8;

    /// <summary>Writes a manifest.</summary>
    public static byte[] Encode(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var capability = new byte[ReadCapability.Bytes];
        CborWriter writer = new(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(manifest.Size.IndexLength is null ? FileFields : FolderFields);
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
        if (manifest.Size.IndexLength is { } index)
        {
            writer.WriteUInt32(9);
            writer.WriteInt32(index);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>Reads a manifest. False where anything breaks its layout or does not fit.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Manifest? manifest)
    {
        manifest = null;
        if (bytes.Length > MaxBytes) return false;
        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Ctap2Canonical);
            if (reader.ReadStartMap() is not { } fields || fields < FileFields) return false;
            if (!TryReadFields(reader, fields, out manifest)) return false;
            var read = manifest!.Size.Kind == ContentKind.File ? FileFields : FolderFields;
            for (var extra = read; extra < fields; extra++)
            {
                if (reader.ReadUInt64() is < FirstIgnorableKey or > LastKey) return Refuse(out manifest);
                if (!TrySkip(reader)) return Refuse(out manifest);
            }

            reader.ReadEndMap();
            return reader.BytesRemaining == 0 || Refuse(out manifest);
        }
        catch (Exception fault) when (fault is CborContentException or InvalidOperationException or OverflowException)
        {
            // The reader tells malformed bytes and unexpected types only by these three.
            return Refuse(out manifest);
        }
    }

    // Keys are in order and none is missing, so the first nine entries are keys 0 to 8, and the tenth of a folder is 9.
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
        int? index = null;
        if (kind == (ulong)ContentKind.Folder)
        {
            if (fields < FolderFields || reader.ReadUInt64() != 9) return false;
            index = reader.ReadInt32();
        }

        ManifestCapabilities capabilities = new(data!, map!);
        ContentSize size = new(length, index);
        if (digest.Length != Bytes32.Size || !Manifest.Fits(name, size, type, capabilities)) return false;
        manifest = new Manifest(name, size, type, capabilities, new Bytes32(digest));
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
}
