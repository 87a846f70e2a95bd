using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;
using Veil.Content.Manifests;
using Veil.Wire;

namespace Veil.Content.Folders;

/// <summary>A folder's index as deterministic CBOR (spec/manifest.md, section 6).</summary>
public static class FolderIndexCodec
{
    private const string Magic = "veil folder";
    private const uint Version = 1;
    private const int EntryFields = 3;

    /// <summary>Writes an index. Its length depends on paths and lengths only, not on digests.</summary>
    public static byte[] Encode(FolderIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        CborWriter writer = new(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(3);
        writer.WriteUInt32(0);
        writer.WriteTextString(Magic);
        writer.WriteUInt32(1);
        writer.WriteUInt32(Version);
        writer.WriteUInt32(2);
        writer.WriteStartArray(index.Entries.Count);
        foreach (var entry in index.Entries)
        {
            writer.WriteStartArray(EntryFields);
            writer.WriteTextString(entry.Path);
            writer.WriteInt64(entry.Length);
            writer.WriteByteString(entry.Digest.AsSpan());
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>Reads an index. False where anything breaks its layout.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out FolderIndex? index)
    {
        index = null;
        if (bytes.Length > Manifest.MaxIndexBytes) return false;
        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Ctap2Canonical);
            if (reader.ReadStartMap() != 3) return false;
            if (reader.ReadUInt64() != 0 || reader.ReadTextString() != Magic) return false;
            if (reader.ReadUInt64() != 1 || reader.ReadUInt64() != Version) return false;
            if (reader.ReadUInt64() != 2) return false;
            if (reader.ReadStartArray() is not (>= 0 and <= FolderPaths.MaxEntries and var count)) return false;
            List<FolderEntry> entries = new(count);
            while (entries.Count < count)
            {
                if (reader.ReadStartArray() != EntryFields) return false;
                var (path, length, digest) = (reader.ReadTextString(), reader.ReadInt64(), reader.ReadByteString());
                if (digest.Length != Bytes32.Size) return false;
                reader.ReadEndArray();
                entries.Add(new FolderEntry(path, length, new Bytes32(digest)));
            }

            reader.ReadEndArray();
            reader.ReadEndMap();
            return reader.BytesRemaining == 0 && FolderIndex.TryCreate(entries, out index);
        }
        catch (Exception fault) when (fault is CborContentException or InvalidOperationException or OverflowException)
        {
            // The reader tells malformed bytes and unexpected types only by these three.
            return false;
        }
    }
}
