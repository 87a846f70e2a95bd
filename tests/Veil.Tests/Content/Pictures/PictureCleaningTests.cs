using CsCheck;
using Veil.Content.Pictures;
using Xunit;

namespace Veil.Tests.Content.Pictures;

/// <summary>What is left of pictures: spec/pictures.md, sections 1 and 2.</summary>
public sealed class PictureCleaningTests
{
    [Theory]
    [MemberData(nameof(SamplePictures.Names), MemberType = typeof(SamplePictures))]
    public void Only_what_the_picture_needs_is_left_and_cleaning_again_changes_nothing(string name)
    {
        var full = SamplePictures.Full(name);
        Assert.True(PictureRig.Tells(full, PictureRig.Secret));

        var clean = PictureRig.Clean(full);

        Assert.Equal(SamplePictures.Clean(name), clean);
        Assert.False(PictureRig.Tells(clean, PictureRig.Secret));
        Assert.Equal(clean, PictureRig.Clean(clean));
        Assert.False(PicturePlace.IsTold(PictureRig.Bytes(clean)));
    }

    [Theory]
    [MemberData(nameof(SamplePictures.Names), MemberType = typeof(SamplePictures))]
    public void What_is_cut_off_anywhere_is_refused(string name)
    {
        var clean = SamplePictures.Clean(name);
        for (var length = 0; length < clean.Length; length++)
        {
            Assert.NotEqual("", PictureRig.Fault(clean[..length]));
        }
    }

    [Theory]
    [MemberData(nameof(SamplePictures.Names), MemberType = typeof(SamplePictures))]
    public void Damaged_pictures_are_refused_or_cleaned_for_good_but_never_throw(string name)
    {
        var full = SamplePictures.Full(name);
        Gen.Select(Gen.Int[0, full.Length - 1], Gen.Byte, Gen.Int[0, full.Length - 1], Gen.Byte).Sample((p, a, q, b) =>
        {
            var damaged = full.ToArray();
            (damaged[p], damaged[q]) = (a, b);
            PicturePlace.IsTold(PictureRig.Bytes(damaged));
            if (PictureCleaning.TryPlan(PictureRig.Bytes(damaged), out _, out _))
            {
                var clean = PictureRig.Clean(damaged);
                Assert.Equal(clean, PictureRig.Clean(clean));
            }
        });
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, true)]
    [InlineData(8, true)]
    [InlineData(9, false)]
    [InlineData(null, false)]
    public void Of_EXIF_only_an_orientation_that_turns_stays(int? orientation, bool stays) =>
        Assert.Equal(stays, PictureRig.Tells(PictureRig.Clean(SamplePictures.Jpeg(orientation)), "Exif"));

    [Fact]
    public void An_orientation_is_read_in_both_byte_orders_and_broken_EXIF_has_none()
    {
        var little = PictureRig.WebP(
            PictureRig.Riff("VP8X", 8, 0, 0, 0, 0, 0, 0, 0, 0, 0), PictureRig.Riff("VP8 ", 1, 2),
            PictureRig.Riff("EXIF", [.. "Exif\0\0"u8, .. PictureRig.Exif(little: true, orientation: 5)]));
        Assert.Equal(5, PictureRig.Clean(little)[^7]);

        // The directory begins beyond the end; and it claims more entries than there are.
        byte[][] broken = [[.. "MM\0*"u8, 0, 0, 1, 0], [.. "II*\0"u8, 8, 0, 0, 0, 0xFF, 0xFF, 1]];
        foreach (var exif in broken)
        {
            var picture = PictureRig.WebP(
                PictureRig.Riff("VP8X", 8, 0, 0, 0, 0, 0, 0, 0, 0, 0), PictureRig.Riff("VP8 ", 1, 2),
                PictureRig.Riff("EXIF", exif));
            Assert.False(PictureRig.Tells(PictureRig.Clean(picture), "EXIF"));
        }
    }

    [Fact]
    public void A_place_is_found_in_EXIF_and_XMP_and_a_directory_that_leads_to_itself_ends()
    {
        byte[] xmp = [.. "x exif:GPSLatitude=\"1\""u8];
        byte[] jpeg = [0xFF, 0xD8, .. PictureRig.Segment(0xE1, xmp), .. SamplePictures.Clean("jpeg")[2..]];
        Assert.True(Told(SamplePictures.Full("jpeg")));
        Assert.True(Told(SamplePictures.Full("png")));
        Assert.True(Told(SamplePictures.Full("webp")));
        Assert.True(Told(jpeg));
        Assert.True(Told(PictureRig.Exif(little: false, place: true)));
        Assert.False(Told(PictureRig.Exif(little: false, orientation: 6)));
        Assert.False(Told(SamplePictures.Full("gif")));
        Assert.False(Told([]));

        // The places' directory is the first one again.
        byte[] cyclic = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8];
        Assert.False(Told(cyclic));
    }

    [Fact]
    public void Parts_that_decoders_need_and_lengths_that_lead_beyond_the_end_are_refused()
    {
        var png = SamplePictures.Clean("png");
        byte[] unknown = [.. png[..33], .. PictureRig.Chunk("CgBI", 1), .. png[33..]];
        Assert.Contains("CgBI", PictureRig.Fault(unknown), StringComparison.Ordinal);
        byte[] huge = [.. png[..33], 0x7F, 0xFF, 0xFF, 0xFF, .. "tEXt"u8, .. png[33..]];
        Assert.Contains("cut off", PictureRig.Fault(huge), StringComparison.Ordinal);
        byte[] noData = [.. png[..33], .. PictureRig.Chunk("IEND")];
        Assert.Contains("ends before", PictureRig.Fault(noData), StringComparison.Ordinal);
        byte[] twoHeads = [.. png[..33], .. png[8..]];
        Assert.Contains("size", PictureRig.Fault(twoHeads), StringComparison.Ordinal);

        var jpeg = SamplePictures.Clean("jpeg");
        byte[] lossless = [0xFF, 0xD8, .. PictureRig.Segment(0xF7, 1), .. jpeg[2..]];
        Assert.Contains("F7", PictureRig.Fault(lossless), StringComparison.Ordinal);
        byte[] between = [0xFF, 0xD8, .. PictureRig.Segment(0xFE, 1), 0, .. jpeg[2..]];
        Assert.Contains("no segment", PictureRig.Fault(between), StringComparison.Ordinal);
        byte[] nested = [0xFF, 0xD8, .. jpeg];
        Assert.Contains("a mark", PictureRig.Fault(nested), StringComparison.Ordinal);

        byte[] drawn = [.. SamplePictures.Clean("gif")[..19], (byte)'!', 1, 1, 1, 0];
        Assert.Contains("text", PictureRig.Fault(drawn), StringComparison.Ordinal);

        var image = PictureRig.Riff("VP8 ", 1, 2);
        Assert.Contains("several", PictureRig.Fault(PictureRig.WebP(image, image)), StringComparison.Ordinal);
        Assert.Contains(
            "beginning", PictureRig.Fault(PictureRig.WebP(image, PictureRig.Riff("VP8X", new byte[10]))),
            StringComparison.Ordinal);
        var beyond = PictureRig.WebP(image);
        beyond[16] = 0xFF;
        Assert.Contains("cut off", PictureRig.Fault(beyond), StringComparison.Ordinal);
    }

    [Fact]
    public void More_pieces_than_memory_is_given_to_are_refused()
    {
        var png = SamplePictures.Clean("png");
        var pair = PictureRig.Chunk("IDAT", 1).Concat(PictureRig.Chunk("tEXt", 1)).ToArray();
        byte[] many = [.. png[..33], .. Enumerable.Repeat(pair, 70_000).SelectMany(part => part), .. png[33..]];
        Assert.Contains("too many", PictureRig.Fault(many), StringComparison.Ordinal);

        // Without what goes between them they are one piece.
        var data = PictureRig.Chunk("IDAT", 1);
        byte[] one = [.. png[..33], .. Enumerable.Repeat(data, 70_000).SelectMany(part => part), .. png[33..]];
        Assert.Equal(one, PictureRig.Clean(one));
    }

    private static bool Told(byte[] picture) => PicturePlace.IsTold(PictureRig.Bytes(picture));
}
