namespace Veil.Content.Pictures;

/// <summary>
/// The little that is read of EXIF, which has the layout of TIFF 6.0: the orientation, and whether there is a place
/// (spec/pictures.md, sections 1 and 3). Two directories are looked at and no chain is followed, so nothing can go in
/// circles. What breaks the layout says nothing.
/// </summary>
internal readonly struct ExifBlock
{
    private const int EntryBytes = 12;
    private const int OrientationTag = 0x0112;
    private const int GpsTag = 0x8825;
    private const int LatitudeTag = 2;
    private const int LongitudeTag = 4;
    private const int ShortType = 3;
    private const int MaxOrientation = 8;

    private readonly PictureBytes _bytes;
    private readonly long _start;
    private readonly long _end;
    private readonly bool _isLittle;
    private readonly bool _isTiff;

    /// <summary>The block at a place.</summary>
    public ExifBlock(PictureBytes bytes, long start, long length)
    {
        _bytes = bytes;
        _start = start;
        _end = Math.Min(start + length, bytes.Length);
        _isLittle = bytes.IsAt(start, "II*\0"u8);
        _isTiff = _isLittle || bytes.IsAt(start, "MM\0*"u8);
    }

    /// <summary>1 to 8, as TIFF counts; 1, which turns nothing, where there is none.</summary>
    public int Orientation =>
        Find(First, OrientationTag) is { } entry
        && _bytes.UInt16At(entry + 2, _isLittle) == ShortType
        && _bytes.UInt16At(entry + 8, _isLittle) is >= 1 and <= MaxOrientation and var value
            ? value
            : 1;

    /// <summary>Whether it says where the picture was taken.</summary>
    public bool HasPlace =>
        Find(First, GpsTag) is { } entry
        && At(_bytes.UInt32At(entry + 8, _isLittle)) is { } places
        && (Find(places, LatitudeTag) ?? Find(places, LongitudeTag)) is not null;

    private long? First => _isTiff ? At(_bytes.UInt32At(_start + 4, _isLittle)) : null;

    /// <summary>A block that has an orientation and nothing else: 26 bytes.</summary>
    public static byte[] Write(int orientation) =>
    [
        .. "MM\0*"u8, 0, 0, 0, 8,
        0, 1,
        OrientationTag >> 8, OrientationTag & 0xFF, 0, ShortType, 0, 0, 0, 1, 0, (byte)orientation, 0, 0,
        0, 0, 0, 0,
    ];

    private long? At(long offset) => offset > 0 && _start + offset < _end ? _start + offset : null;

    // Where the entry with a tag is, in the directory at a place.
    private long? Find(long? directory, int tag)
    {
        if (directory is not { } place) return null;
        var count = _bytes.UInt16At(place, _isLittle);
        for (var number = 0; number < count; number++)
        {
            var entry = place + 2 + ((long)number * EntryBytes);
            if (entry + EntryBytes > _end) return null;
            if (_bytes.UInt16At(entry, _isLittle) == tag) return entry;
        }

        return null;
    }
}
