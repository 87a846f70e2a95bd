using System.Buffers.Binary;
using System.Text;
using Veil.Content.Pictures;
using Xunit;

namespace Veil.Tests.Content.Pictures;

/// <summary>Pictures put together byte by byte, and what is left of them.</summary>
internal static class PictureRig
{
    /// <summary>What must never be in a picture that was cleaned.</summary>
    public const string Secret = "SECRET";

    /// <summary>Cleans a picture as a publisher does; fails where it is refused.</summary>
    public static byte[] Clean(byte[] picture)
    {
        Assert.True(PictureCleaning.TryPlan(Bytes(picture), out var plan, out var fault), fault);
        MemoryStream output = new();
        foreach (var piece in plan.Pieces)
        {
            output.Write(piece.Written ?? picture.AsSpan((int)piece.Offset, (int)piece.Length));
        }

        Assert.Equal(plan.Length, output.Length);
        return output.ToArray();
    }

    /// <summary>Why it is refused.</summary>
    public static string Fault(byte[] picture)
    {
        Assert.False(PictureCleaning.TryPlan(Bytes(picture), out var plan, out var fault));
        Assert.Null(plan);
        return fault;
    }

    /// <summary>Its bytes, of which each reading gives a few.</summary>
    public static PictureBytes Bytes(byte[] picture) => new(
        (destination, offset) =>
        {
            var count = (int)Math.Min(Math.Min(destination.Length, 1000), picture.Length - offset);
            picture.AsSpan((int)offset, count).CopyTo(destination);
            return count;
        },
        picture.Length);

    /// <summary>Whether a text of ASCII is in it.</summary>
    public static bool Tells(byte[] picture, string text) =>
        picture.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    /// <summary>An EXIF block with a camera, a comment after it, and, where given, orientation and place.</summary>
    public static byte[] Exif(bool little, int? orientation = null, bool place = false)
    {
        List<(int Tag, int Type, uint Count, byte[] Value)> entries = [(0x010F, 2, 7, Number(0, 4, little))];
        if (orientation is { } turned) entries.Add((0x0112, 3, 1, [.. Number(turned, 2, little), 0, 0]));
        var end = 8 + 2 + ((entries.Count + (place ? 1 : 0)) * 12) + 4;
        if (place) entries.Add((0x8825, 4, 1, Number(end, 4, little)));
        byte[] gps = place
            ? [.. Number(1, 2, little), .. Entry((2, 5, 3, Number(end, 4, little)), little), .. Number(0, 4, little)]
            : [];
        return
        [
            .. little ? "II*\0"u8 : "MM\0*"u8, .. Number(8, 4, little),
            .. Number(entries.Count, 2, little), .. entries.SelectMany(entry => Entry(entry, little)),
            .. Number(0, 4, little), .. gps, .. "SECRET camera"u8,
        ];
    }

    /// <summary>A segment of JPEG.</summary>
    public static byte[] Segment(byte marker, params byte[] content) =>
        [0xFF, marker, .. Number(content.Length + 2, 2, little: false), .. content];

    /// <summary>A chunk of PNG, its sum by another implementation.</summary>
    public static byte[] Chunk(string type, params byte[] content)
    {
        byte[] covered = [.. Encoding.ASCII.GetBytes(type), .. content];
        byte[] length = Number(content.Length, 4, little: false);
        return [.. length, .. covered, .. Number(unchecked((int)Crc32(covered)), 4, little: false)];
    }

    /// <summary>A chunk of WebP.</summary>
    public static byte[] Riff(string type, params byte[] content) =>
    [
        .. Encoding.ASCII.GetBytes(type), .. Number(content.Length, 4, little: true), .. content,
        .. new byte[content.Length & 1],
    ];

    /// <summary>A whole WebP.</summary>
    public static byte[] WebP(params byte[][] chunks)
    {
        byte[] content = [.. "WEBP"u8, .. chunks.SelectMany(chunk => chunk)];
        return [.. "RIFF"u8, .. Number(content.Length, 4, little: true), .. content];
    }

    private static byte[] Entry((int Tag, int Type, uint Count, byte[] Value) entry, bool little) =>
    [
        .. Number(entry.Tag, 2, little), .. Number(entry.Type, 2, little), .. Number((int)entry.Count, 4, little),
        .. entry.Value,
    ];

    private static byte[] Number(int value, int bytes, bool little)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        var used = number[..bytes];
        if (!little) Array.Reverse(used);
        return used;
    }

    // With a table, unlike the code under test.
    private static uint Crc32(byte[] covered)
    {
        var table = new uint[256];
        for (uint index = 0; index < table.Length; index++)
        {
            table[index] = index;
            for (var bit = 0; bit < 8; bit++)
            {
                table[index] = (table[index] >> 1) ^ ((table[index] & 1) * 0xEDB88320);
            }
        }

        return ~covered.Aggregate(uint.MaxValue, (crc, value) => table[(crc & 0xFF) ^ value] ^ (crc >> 8));
    }
}
