using System.Diagnostics.CodeAnalysis;

namespace Veil.Content.Pictures;

/// <summary>Plans pictures without their metadata (spec/pictures.md).</summary>
public static class PictureCleaning
{
    /// <summary>The format that the first bytes are of.</summary>
    public static PictureFormat FormatOf(PictureBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return bytes.IsAt(0, [0xFF, 0xD8, 0xFF]) ? PictureFormat.Jpeg
            : bytes.IsAt(0, [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]) ? PictureFormat.Png
            : bytes.IsAt(0, "GIF87a"u8) || bytes.IsAt(0, "GIF89a"u8) ? PictureFormat.Gif
            : bytes.IsAt(0, "RIFF"u8) && bytes.IsAt(8, "WEBP"u8) ? PictureFormat.WebP
            : PictureFormat.None;
    }

    /// <summary>Plans a picture.</summary>
    /// <param name="bytes">Of a file of a known format.</param>
    /// <param name="plan">What it consists of, where true.</param>
    /// <param name="fault">Why it cannot be walked through, for a person, where false.</param>
    public static bool TryPlan(
        PictureBytes bytes,
        [NotNullWhen(true)] out PicturePlan? plan,
        [NotNullWhen(false)] out string? fault)
    {
        PlanBuilder builder = new();
        fault = FormatOf(bytes) switch
        {
            PictureFormat.Jpeg => new JpegWalk(bytes, builder).Run(),
            PictureFormat.Png => new PngWalk(bytes, builder).Run(),
            PictureFormat.Gif => new GifWalk(bytes, builder).Run(),
            PictureFormat.WebP => new WebPWalk(bytes, builder).Run(),
            _ => "it is none that is known",
        };
        if (fault is null && builder.IsFull) fault = "it has too many parts";
        plan = fault is null ? builder.Build() : null;
        return fault is null;
    }
}
