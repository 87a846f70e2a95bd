namespace Veil.Content.Pictures;

/// <summary>Formats that metadata can be taken out of (spec/pictures.md, section 1).</summary>
public enum PictureFormat
{
    /// <summary>None of these.</summary>
    None,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>PNG, also animated.</summary>
    Png,

    /// <summary>GIF, also animated.</summary>
    Gif,

    /// <summary>WebP, also animated.</summary>
    WebP,
}
