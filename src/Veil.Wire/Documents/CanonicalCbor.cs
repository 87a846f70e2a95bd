using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// Deterministic CBOR (RFC 8949 section 4.2, in the length-first key order of RFC 7049 section 3.9) read strictly:
/// definite lengths, shortest forms, sorted keys, nothing after the document.
/// </summary>
internal static class CanonicalCbor
{
    /// <summary>Reads the fields of one document in order; null for a value that the document cannot have.</summary>
    internal delegate T? Fields<T>(CborReader reader)
        where T : class;

    /// <summary>Reads <paramref name="bytes"/> as one array of <paramref name="length"/> items.</summary>
    internal static bool TryRead<T>(
        ReadOnlyMemory<byte> bytes, int length, Fields<T> fields, [NotNullWhen(true)] out T? document)
        where T : class
    {
        Debug.Assert(length > 0, "A document has fields.");
        document = null;
        try
        {
            CborReader reader = new(bytes, CborConformanceMode.Canonical);
            if (reader.ReadStartArray() != length || fields(reader) is not { } read)
            {
                return false;
            }

            reader.ReadEndArray();
            document = reader.BytesRemaining == 0 ? read : null;
            return document is not null;
        }
        catch (Exception fault) when (fault
            is CborContentException or InvalidOperationException or OverflowException or RefusedException)
        {
            // CborReader reports malformed bytes, another type and a too large number by these three.
            return false;
        }
    }

    /// <summary>Writes 32 bytes as a byte string.</summary>
    internal static void WriteBytes32(this CborWriter writer, Bytes32 value) => writer.WriteByteString(value.AsSpan());

    /// <summary>Reads a byte string of exactly 32 bytes.</summary>
    internal static Bytes32 ReadBytes32(this CborReader reader)
    {
        ReadOnlyMemory<byte> bytes = reader.ReadDefiniteLengthByteString();
        return bytes.Length == Bytes32.Size ? new Bytes32(bytes.Span) : throw new RefusedException();
    }

    /// <summary>Opens an array of 0 to <paramref name="limit"/> items and answers how many it has.</summary>
    internal static int ReadBoundedArray(this CborReader reader, int limit)
    {
        Debug.Assert(limit > 0, "An array that is always empty needs no bound.");
        int? length = reader.ReadStartArray();
        return length is { } count && count <= limit ? count : throw new RefusedException();
    }

    /// <summary>Opens a map of 0 to <paramref name="limit"/> pairs and answers how many it has.</summary>
    internal static int ReadBoundedMap(this CborReader reader, int limit)
    {
        Debug.Assert(limit > 0, "A map that is always empty needs no bound.");
        int? length = reader.ReadStartMap();
        return length is { } count && count <= limit ? count : throw new RefusedException();
    }

    /// <summary>A well-formed item with a value that the document cannot have; never leaves this class.</summary>
    private sealed class RefusedException : Exception;
}
