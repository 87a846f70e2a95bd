using System.Buffers.Binary;
using System.Text;

namespace Veil.Content.Pictures;

/// <summary>
/// A PNG without its metadata (spec/pictures.md, section 2): the chunks of the PNG specification, third edition,
/// section 5.
/// </summary>
internal sealed class PngWalk(PictureBytes bytes, PlanBuilder plan)
{
    private const int SignatureBytes = 8;
    private const int HeadBytes = 8;
    private const int FrameBytes = 12;
    private const int SizeBytes = 13;

    /// <summary>Plans it; why it cannot be done, or null.</summary>
    public string? Run()
    {
        plan.Keep(0, SignatureBytes);
        var hasData = false;
        var hasOrientation = false;
        for (long offset = SignatureBytes; !plan.IsFull;)
        {
            if (Read(bytes, offset) is not var (type, length)) return "it is cut off, or damaged";
            if ((type == "IHDR") != (offset == SignatureBytes) || (type == "IHDR" && length != SizeBytes))
                return "its size does not come first and once";
            switch (type)
            {
                case "IHDR" or "PLTE" or "tRNS" or "gAMA" or "cHRM" or "sRGB" or "sBIT" or "bKGD" or "pHYs" or "cICP"
                    or "mDCV" or "cLLI" or "acTL" or "fcTL" or "fdAT":
                    plan.Keep(offset, FrameBytes + length);
                    break;
                case "IDAT":
                    hasData = true;
                    plan.Keep(offset, FrameBytes + length);
                    break;
                case "IEND":
                    plan.Keep(offset, FrameBytes + length);
                    return hasData && length == 0 ? null : "it ends before its picture";
                case "eXIf" when !hasOrientation
                    && new ExifBlock(bytes, offset + HeadBytes, length).Orientation is > 1 and var orientation:
                    hasOrientation = true;
                    plan.Write(Chunk("eXIf"u8, ExifBlock.Write(orientation)));
                    break;
                case [>= 'A' and <= 'Z', ..]:
                    return $"it has a part {type} that is not known";
            }

            offset += FrameBytes + length;
        }

        return "it has too many parts";
    }

    /// <summary>Whether EXIF or XMP in it says where it was taken.</summary>
    public static bool HasPlace(PictureBytes bytes)
    {
        for (long offset = SignatureBytes; Read(bytes, offset) is var (type, length) && type != "IEND";)
        {
            var content = offset + HeadBytes;
            if (type == "eXIf" && new ExifBlock(bytes, content, length).HasPlace) return true;
            if (type is "iTXt" or "tEXt" && bytes.Contains(content, length, PicturePlace.XmpLatitude)) return true;
            offset += FrameBytes + length;
        }

        return false;
    }

    /// <summary>A chunk: length, type, content and CRC-32.</summary>
    internal static byte[] Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        var chunk = new byte[FrameBytes + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        type.CopyTo(chunk.AsSpan(4));
        content.CopyTo(chunk.AsSpan(HeadBytes));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc(chunk.AsSpan(4, 4 + content.Length)));
        return chunk;
    }

    private static (string Type, long Length)? Read(PictureBytes bytes, long offset)
    {
        Span<byte> type = stackalloc byte[4];
        var length = bytes.UInt32At(offset, littleEndian: false);
        if (length is < 0 or > int.MaxValue || !bytes.Has(offset, FrameBytes + length)) return null;
        if (!bytes.TryCopy(offset + 4, type)) return null;
        foreach (var letter in type)
        {
            if (!char.IsAsciiLetter((char)letter)) return null;
        }

        return (Encoding.ASCII.GetString(type), length);
    }

    // Of a few bytes, so bit by bit (PNG specification, annex D).
    private static uint Crc(ReadOnlySpan<byte> covered)
    {
        var crc = uint.MaxValue;
        foreach (var value in covered)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }

        return ~crc;
    }
}
