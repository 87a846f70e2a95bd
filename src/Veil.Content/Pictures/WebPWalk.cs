using System.Buffers.Binary;
using System.Text;

namespace Veil.Content.Pictures;

/// <summary>A WebP without its metadata (spec/pictures.md, section 2): the chunks of RFC 9649, section 2.</summary>
internal sealed class WebPWalk(PictureBytes bytes, PlanBuilder plan)
{
    private const string CutOff = "it is cut off, or damaged";
    private const int RiffBytes = 12;
    private const int HeadBytes = 8;
    private const int ExtendedBytes = 10;
    private const int FrameHeadBytes = 16;
    private const byte ExifFlag = 0x08;

    // Transparency and animation: what the flags say of that which stays.
    private const byte KeptFlags = 0x12;

    private readonly byte[] _riff = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8];
    private byte[]? _extended;
    private int _orientation = 1;
    private int _images;
    private int _frames;

    /// <summary>Plans it; why it cannot be done, or null.</summary>
    public string? Run()
    {
        var end = bytes.UInt32At(4, littleEndian: true) + HeadBytes;
        if (end < RiffBytes || !bytes.Has(0, end)) return CutOff;
        plan.Write(_riff);
        for (long offset = RiffBytes; offset < end && !plan.IsFull;)
        {
            if (Read(offset, end) is not var (type, length, whole)) return CutOff;
            if (Take(type, offset, (length, whole)) is { } fault) return fault;
            offset += whole;
        }

        if (plan.IsFull) return "it has too many parts";
        if (_images + Math.Min(_frames, 1) != 1) return "it has no picture, or several at once";
        if (_extended is not null && _orientation > 1)
        {
            var exif = ExifBlock.Write(_orientation);
            plan.Write([.. "EXIF"u8, (byte)exif.Length, 0, 0, 0, .. exif]);
            _extended[HeadBytes] |= ExifFlag;
        }

        if (plan.Length - HeadBytes > uint.MaxValue) return "it is longer than its format allows";
        BinaryPrimitives.WriteUInt32LittleEndian(_riff.AsSpan(4), (uint)(plan.Length - HeadBytes));
        return null;
    }

    /// <summary>Whether EXIF or XMP in it says where it was taken.</summary>
    public static bool HasPlace(PictureBytes bytes)
    {
        WebPWalk walk = new(bytes, new PlanBuilder());
        for (long offset = RiffBytes; walk.Read(offset, bytes.Length) is var (type, length, whole); offset += whole)
        {
            if (type == "EXIF" && walk.ExifAt(offset, length).HasPlace) return true;
            if (type == "XMP " && bytes.Contains(offset, whole, PicturePlace.XmpLatitude)) return true;
        }

        return false;
    }

    private string? Take(string type, long offset, (long Content, long Whole) length)
    {
        switch (type)
        {
            case "VP8X" when offset == RiffBytes && length.Content >= ExtendedBytes:
                _extended = new byte[HeadBytes + ExtendedBytes];
                bytes.TryCopy(offset, _extended);
                BinaryPrimitives.WriteInt32LittleEndian(_extended.AsSpan(4), ExtendedBytes);
                _extended[HeadBytes] &= KeptFlags;
                _extended.AsSpan(HeadBytes + 1, 3).Clear();
                plan.Write(_extended);
                return null;
            case "VP8X":
                return "its beginning is not known";
            case "VP8 " or "VP8L":
                _images++;
                plan.Keep(offset, length.Whole);
                return null;
            case "ALPH" or "ANIM" when _extended is not null:
                plan.Keep(offset, length.Whole);
                return null;
            case "ANMF" when _extended is not null:
                _frames++;
                return TakeFrame(offset, length.Whole);
            case "EXIF" when _orientation == 1:
                _orientation = ExifAt(offset, length.Content).Orientation;
                return null;
            default:
                return null;
        }
    }

    // A picture of an animation has chunks of its own within it.
    private string? TakeFrame(long offset, long whole)
    {
        List<(long Offset, long Length)> kept = [];
        var images = 0;
        var end = offset + whole;
        var inner = offset + HeadBytes + FrameHeadBytes;
        if (inner > end) return CutOff;
        while (inner < end && kept.Count <= PlanBuilder.MaxPieces)
        {
            if (Read(inner, end) is not var (type, _, length)) return CutOff;
            if (type is "VP8 " or "VP8L" or "ALPH") kept.Add((inner, length));
            images += type is "VP8 " or "VP8L" ? 1 : 0;
            inner += length;
        }

        var head = new byte[HeadBytes];
        "ANMF"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(
            head.AsSpan(4), (uint)(FrameHeadBytes + kept.Sum(chunk => chunk.Length)));
        plan.Write(head);
        plan.Keep(offset + HeadBytes, FrameHeadBytes);
        foreach (var chunk in kept) plan.Keep(chunk.Offset, chunk.Length);
        return images == 1 ? null : "a picture of its animation is none, or several";
    }

    // Type, bytes of content, and bytes with head and padding; null where it leads beyond the end.
    private (string Type, long Length, long Whole)? Read(long offset, long end)
    {
        Span<byte> type = stackalloc byte[4];
        var length = bytes.UInt32At(offset + 4, littleEndian: true);
        if (length < 0 || !bytes.TryCopy(offset, type)) return null;
        var whole = HeadBytes + length + (length & 1);
        return offset + whole <= end ? (Encoding.Latin1.GetString(type), length, whole) : null;
    }

    // Some programs put the words of JPEG before it.
    private ExifBlock ExifAt(long offset, long length)
    {
        var before = HeadBytes + (bytes.IsAt(offset + HeadBytes, "Exif\0\0"u8) ? 6 : 0);
        return new ExifBlock(bytes, offset + before, length + HeadBytes - before);
    }
}
