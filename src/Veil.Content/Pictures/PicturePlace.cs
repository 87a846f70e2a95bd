namespace Veil.Content.Pictures;

/// <summary>
/// Whether a picture says where it was taken (spec/pictures.md, section 3): a warning, so what cannot be read says
/// nothing.
/// </summary>
public static class PicturePlace
{
    /// <summary>What XMP calls a latitude, as an attribute or an element.</summary>
    internal static ReadOnlySpan<byte> XmpLatitude => "exif:GPSLatitude"u8;

    /// <summary>Whether it does.</summary>
    public static bool IsTold(PictureBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return PictureCleaning.FormatOf(bytes) switch
        {
            PictureFormat.Jpeg => JpegWalk.HasPlace(bytes),
            PictureFormat.Png => PngWalk.HasPlace(bytes),
            PictureFormat.WebP => WebPWalk.HasPlace(bytes),
            PictureFormat.Gif => false,
            _ => new ExifBlock(bytes, 0, bytes.Length).HasPlace,
        };
    }
}
