using System.Buffers.Binary;

namespace Veil.Content.Pictures;

/// <summary>
/// A JPEG without its metadata (spec/pictures.md, section 2): the segments of ITU-T T.81, annex B, from its beginning
/// to the end of the image.
/// </summary>
internal sealed class JpegWalk(PictureBytes bytes, PlanBuilder plan)
{
    private const int Marker = 0xFF;
    private const int StartOfImage = 0xD8;
    private const int EndOfImage = 0xD9;
    private const int StartOfScan = 0xDA;
    private const int MarkerBytes = 2;
    private const int JfifBytes = 16;
    private const int AdobeBytes = 14;
    private const int TransformOffset = 13;

    private bool _hasFrame;
    private bool _hasScan;
    private bool _hasJfif;
    private bool _hasOrientation;

    /// <summary>Plans it; why it cannot be done, or null.</summary>
    public string? Run()
    {
        plan.Keep(0, MarkerBytes);
        long offset = MarkerBytes;
        while (!plan.IsFull)
        {
            if (bytes.At(offset) != Marker) return Lost(offset, "there is no segment where one should begin");
            while (bytes.At(offset + 1) == Marker) offset++;
            var marker = bytes.At(offset + 1);
            if (marker == EndOfImage)
            {
                plan.Keep(offset, MarkerBytes);
                return _hasScan ? null : "it ends before its picture";
            }

            var length = bytes.UInt16At(offset + MarkerBytes, littleEndian: false);
            if (marker is <= 0x01 or (>= 0xD0 and <= StartOfImage)) return Lost(offset, "a mark stands where none may");
            if (length < 2 || !bytes.Has(offset + MarkerBytes, length))
                return Lost(offset, "a segment leads beyond its end");
            if (!Take(marker, offset, length)) return $"it has a segment {marker:X2} that is not known";
            offset += MarkerBytes + length;
            if (marker != StartOfScan) continue;
            if (!_hasFrame) return "its picture begins before its size is told";
            _hasScan = true;
            var end = EndOfScan(offset);
            if (end < 0) return "it is cut off";
            plan.Keep(offset, end - offset);
            offset = end;
        }

        return "it has too many parts";
    }

    /// <summary>Whether EXIF or XMP before the picture says where it was taken.</summary>
    public static bool HasPlace(PictureBytes bytes)
    {
        long offset = MarkerBytes;
        while (bytes.At(offset) == Marker && bytes.At(offset + 1) is var marker and > 0 and not StartOfScan)
        {
            var length = bytes.UInt16At(offset + MarkerBytes, littleEndian: false);
            if (marker == Marker) offset++;
            else if (length < 2) return false;
            else if (marker == 0xE1 && (ExifAt(bytes, offset, length) is { HasPlace: true }
                || bytes.Contains(offset, MarkerBytes + length, PicturePlace.XmpLatitude)))
            {
                return true;
            }
            else offset += MarkerBytes + length;
        }

        return false;
    }

    private string Lost(long offset, string why) => offset >= bytes.Length - 1 ? "it is cut off" : why;

    // False for segments that decoders may need and that are not known.
    private bool Take(int marker, long offset, int length)
    {
        switch (marker)
        {
            case 0xC8:
                return false;
            case >= 0xC0 and <= 0xCF:
                _hasFrame |= marker is not (0xC4 or 0xCC);
                plan.Keep(offset, MarkerBytes + length);
                return true;
            case >= StartOfScan and <= 0xDF:
                plan.Keep(offset, MarkerBytes + length);
                return true;
            case >= 0xE0 and <= 0xEF:
                Rewrite(marker, offset, length);
                return true;
            default:
                return marker == 0xFE;
        }
    }

    // Of applications' segments three have something that the picture needs.
    private void Rewrite(int marker, long offset, int length)
    {
        var content = offset + MarkerBytes;
        if (marker == 0xE0 && !_hasJfif && length >= JfifBytes && bytes.IsAt(content + 2, "JFIF\0"u8))
        {
            _hasJfif = true;
            var jfif = new byte[MarkerBytes + JfifBytes];
            bytes.TryCopy(offset, jfif);
            BinaryPrimitives.WriteUInt16BigEndian(jfif.AsSpan(MarkerBytes), JfifBytes);
            jfif.AsSpan()[^2..].Clear();
            plan.Write(jfif);
        }
        else if (marker == 0xE1 && !_hasOrientation
            && ExifAt(bytes, offset, length) is { Orientation: > 1 and var orientation })
        {
            _hasOrientation = true;
            byte[] exif = [.. "Exif\0\0"u8, .. ExifBlock.Write(orientation)];
            plan.Write([Marker, 0xE1, 0, (byte)(exif.Length + 2), .. exif]);
        }
        else if (marker == 0xEE && length >= AdobeBytes && bytes.IsAt(content + 2, "Adobe"u8))
        {
            var transform = (byte)Math.Max(0, bytes.At(content + TransformOffset));
            plan.Write([Marker, 0xEE, 0, AdobeBytes, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);
        }
    }

    private static ExifBlock? ExifAt(PictureBytes bytes, long offset, int length)
    {
        const int Before = MarkerBytes + 2 + 6;
        return bytes.IsAt(offset + MarkerBytes + 2, "Exif\0\0"u8)
            ? new ExifBlock(bytes, offset + Before, length + MarkerBytes - Before)
            : null;
    }

    // Where coded data ends: at a mark that is none of those that stand in it; -1 where the file ends before.
    private long EndOfScan(long offset)
    {
        while (true)
        {
            offset = bytes.IndexOf(Marker, offset);
            if (offset < 0) return -1;
            switch (bytes.At(offset + 1))
            {
                case -1:
                    return -1;
                case Marker:
                    offset++;
                    break;
                case 0 or (>= 0xD0 and <= 0xD7):
                    offset += 2;
                    break;
                default:
                    return offset;
            }
        }
    }
}
