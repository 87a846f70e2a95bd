using Xunit;
using static Veil.Tests.Content.Pictures.PictureRig;

namespace Veil.Tests.Content.Pictures;

/// <summary>One picture of each kind with all the metadata that its format has, and what is to be left.</summary>
internal static class SamplePictures
{
    // What decoders read of the JPEG: tables, frame, two scans with stuffing, restarts and a table between.
    private static readonly byte[] _jpegTables =
    [
        .. Segment(0xDB, [0, .. new byte[64]]), .. Segment(0xC2, 8, 0, 16, 0, 16, 1, 1, 0x11, 0),
        .. Segment(0xC4, 0, 1),
    ];

    private static readonly byte[] _jpegFirstScan =
        [.. Segment(0xDA, 1, 1, 0, 0, 0, 0), 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 0xFF, 0xFF, 0, 5];

    private static readonly byte[] _jpegRest =
        [.. Segment(0xC4, 0x10, 1), .. Segment(0xDA, 1, 1, 0, 1, 63, 0), 6, 7, 0xFF, 0xD9];

    private static readonly byte[] _pngHead =
        [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0)];

    private static readonly byte[] _pngData = [.. Chunk("IDAT", 1, 2, 3), .. Chunk("IDAT", 4, 5)];

    private static readonly byte[] _gifHead =
        [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6];

    private static readonly byte[] _gifImage =
    [
        (byte)'!', 0xF9, 4, 0, 1, 0, 0, 0,
        (byte)',', 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 1, 2, 3, 4, 5, 6, 2, 2, 0x44, 1, 0,
    ];

    /// <summary>All of them, by what they are called.</summary>
    public static TheoryData<string> Names => ["jpeg", "png", "gif", "webp", "webp animation"];

    /// <summary>With metadata.</summary>
    public static byte[] Full(string name) => name switch
    {
        "jpeg" => Jpeg(orientation: 6),
        "png" => Png(orientation: 6),
        "gif" => Gif(),
        "webp" => WebP(
            Riff("VP8X", 0x3C, 9, 9, 9, 1, 0, 0, 1, 0, 0), Riff("ICCP", Hidden), Riff("ALPH", 1), Riff("VP8 ", 1, 2, 3),
            Riff("EXIF", Exif(little: true, orientation: 6, place: true)), Riff("XMP ", Hidden), Riff("odd!", Hidden)),
        _ => WebP(
            Riff("VP8X", 0x06, 0, 0, 0, 1, 0, 0, 1, 0, 0), Riff("ANIM", 0, 0, 0, 0, 0, 0),
            Riff("ANMF", [.. new byte[16], .. Riff("VP8L", 1, 2), .. Riff("odd!", Hidden)]),
            Riff("ANMF", [.. new byte[16], .. Riff("ALPH", 1), .. Riff("VP8 ", 3)]), Riff("XMP ", Hidden)),
    };

    /// <summary>What is left of <see cref="Full"/>.</summary>
    public static byte[] Clean(string name) => name switch
    {
        "jpeg" =>
        [
            0xFF, 0xD8, .. Segment(0xE0, [.. "JFIF\0"u8, 1, 2, 1, 0, 72, 0, 72, 0, 0]),
            .. Segment(0xE1, [.. "Exif\0\0"u8, .. Turned(6)]), .. Segment(0xEE, [.. "Adobe\0"u8, 100, 0, 0, 0, 0, 1]),
            .. _jpegTables, .. _jpegFirstScan, .. _jpegRest,
        ],
        "png" =>
        [
            .. _pngHead, .. Chunk("gAMA", 0, 0, 0, 1), .. Chunk("eXIf", Turned(6)), .. _pngData, .. Chunk("IEND"),
        ],
        "gif" =>
        [
            .. _gifHead, (byte)'!', 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 7, 0, 0, .. _gifImage, .. _gifImage, (byte)';',
        ],
        "webp" => WebP(
            Riff("VP8X", 0x18, 0, 0, 0, 1, 0, 0, 1, 0, 0), Riff("ALPH", 1), Riff("VP8 ", 1, 2, 3),
            Riff("EXIF", Turned(6))),
        _ => WebP(
            Riff("VP8X", 0x02, 0, 0, 0, 1, 0, 0, 1, 0, 0), Riff("ANIM", 0, 0, 0, 0, 0, 0),
            Riff("ANMF", [.. new byte[16], .. Riff("VP8L", 1, 2)]),
            Riff("ANMF", [.. new byte[16], .. Riff("ALPH", 1), .. Riff("VP8 ", 3)])),
    };

    /// <summary>A JPEG with everything; null for no EXIF at all.</summary>
    public static byte[] Jpeg(int? orientation) =>
    [
        0xFF, 0xD8, .. Segment(0xE0, [.. "JFIF\0"u8, 1, 2, 1, 0, 72, 0, 72, 1, 1, .. "SEC"u8]),
        .. Segment(0xE0, [.. "JFXX\0"u8, .. Hidden]),
        .. orientation is null ? [] : Segment(0xE1, [.. "Exif\0\0"u8, .. Exif(little: true, orientation, place: true)]),
        .. Segment(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Hidden]),
        .. Segment(0xE2, [.. "ICC_PROFILE\0"u8, .. Hidden]), .. Segment(0xED, [.. "Photoshop 3.0\0"u8, .. Hidden]),
        .. Segment(0xEE, [.. "Adobe"u8, 0, 101, 1, 2, 3, 4, 1, .. Hidden]), .. Segment(0xEB, Hidden),
        .. _jpegTables, .. Segment(0xFE, Hidden), .. _jpegFirstScan, .. Segment(0xFE, Hidden), .. _jpegRest,
        .. Hidden,
    ];

    /// <summary>A PNG with everything.</summary>
    public static byte[] Png(int orientation) =>
    [
        .. _pngHead, .. Chunk("iCCP", Hidden), .. Chunk("gAMA", 0, 0, 0, 1), .. Chunk("tEXt", Hidden),
        .. Chunk("eXIf", Exif(little: false, orientation, place: true)), .. Chunk("caBX", Hidden), .. _pngData,
        .. Chunk("zTXt", Hidden), .. Chunk("iTXt", Hidden), .. Chunk("tIME", Hidden), .. Chunk("IEND"), .. Hidden,
    ];

    private static byte[] Hidden => "SECRET!!"u8.ToArray();

    private static byte[] Gif() =>
    [
        .. _gifHead, (byte)'!', 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 7, 0, 8, .. Hidden, 0,
        (byte)'!', 0xFE, 8, .. Hidden, 0, .. _gifImage,
        (byte)'!', 0xFF, 11, .. "XMP DataXMP"u8, 8, .. Hidden, 0, .. _gifImage, (byte)';', .. Hidden,
    ];

    // One value and nothing else: TIFF 6.0, big-endian, one entry of type SHORT.
    private static byte[] Turned(byte orientation) =>
        [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
}
