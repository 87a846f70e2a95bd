using System.Collections.Frozen;
using Veil.Content.Pictures;

namespace Veil.Cli.Files;

/// <summary>What can be done about the metadata of a file.</summary>
internal enum PictureVerdict
{
    /// <summary>Nothing is known to be in it: it is shared as it is.</summary>
    Plain,

    /// <summary>It is a picture that is cleaned.</summary>
    Cleaned,

    /// <summary>It says more than it shows, and cannot be cleaned.</summary>
    Closed,

    /// <summary>It is called a picture that can be cleaned, and is none.</summary>
    Misnamed,
}

/// <summary>Which files say more than they show (spec/pictures.md, section 3): by first bytes, and by name.</summary>
internal static class PictureInput
{
    private static readonly FrozenSet<string> _cleaned = new[]
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> _closed = new[]
    {
        ".mp4", ".m4v", ".m4a", ".mov", ".3gp", ".heic", ".heif", ".hif", ".avif", ".mkv", ".webm", ".avi",
        ".wmv", ".mts", ".m2ts", ".ogg", ".oga", ".ogv", ".opus", ".flac", ".mp3", ".aac", ".wav", ".aiff",
        ".pdf", ".ps", ".eps", ".ai", ".doc", ".docx", ".docm", ".xls", ".xlsx", ".xlsm", ".ppt", ".pptx",
        ".odt", ".ods", ".odp", ".odg", ".rtf", ".epub", ".pages", ".numbers", ".svg", ".svgz", ".tif",
        ".tiff", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw", ".raw", ".psd",
        ".xcf", ".jxl", ".jp2", ".bmp", ".ico", ".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz",
        ".zst",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly (int Offset, byte[] Sign)[] _signs =
    [
        (4, "ftyp"u8.ToArray()), (4, "moov"u8.ToArray()), (0, [0x1A, 0x45, 0xDF, 0xA3]), (0, "RIFF"u8.ToArray()),
        (0, "OggS"u8.ToArray()), (0, "fLaC"u8.ToArray()), (0, "ID3"u8.ToArray()), (0, "FORM"u8.ToArray()),
        (0, "%PDF"u8.ToArray()), (0, "%!PS"u8.ToArray()), (0, "{\\rtf"u8.ToArray()), (0, "PK\x03\x04"u8.ToArray()),
        (0, [0xD0, 0xCF, 0x11, 0xE0]), (0, "II*\0"u8.ToArray()), (0, "MM\0*"u8.ToArray()), (0, "IIU\0"u8.ToArray()),
        (0, "8BPS"u8.ToArray()), (0, "gimp xcf"u8.ToArray()), (0, [0xFF, 0x0A]), (4, "JXL "u8.ToArray()),
        (4, "jP  "u8.ToArray()), (0, "FUJIFILM"u8.ToArray()), (0, [0x37, 0x7A, 0xBC, 0xAF]), (0, "Rar!"u8.ToArray()),
        (257, "ustar"u8.ToArray()), (0, [0x1F, 0x8B]), (0, "BZh"u8.ToArray()), (0, [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
        (0, [0x28, 0xB5, 0x2F, 0xFD]), (0, "<svg"u8.ToArray()),
    ];

    private static readonly FrozenSet<string> _placed = new[]
    {
        ".tif", ".tiff", ".dng", ".cr2", ".nef", ".arw", ".pef", ".srw",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What can be done about a file.</summary>
    internal static PictureVerdict Judge(string path, PictureBytes bytes)
    {
        string end = Path.GetExtension(path);
        return PictureCleaning.FormatOf(bytes) != PictureFormat.None ? PictureVerdict.Cleaned
            : bytes.Length == 0 ? PictureVerdict.Plain
            : _cleaned.Contains(end) ? PictureVerdict.Misnamed
            : _closed.Contains(end) || _signs.Any(sign => bytes.IsAt(sign.Offset, sign.Sign)) ? PictureVerdict.Closed
            : PictureVerdict.Plain;
    }

    /// <summary>Whether a file is named like a picture that may say where it was taken, and does.</summary>
    internal static bool TellsPlace(string path)
    {
        string end = Path.GetExtension(path);
        if (!_cleaned.Contains(end) && !_placed.Contains(end))
        {
            return false;
        }

        try
        {
            using var handle = File.OpenHandle(path);
            return PicturePlace.IsTold(Of(handle));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A warning only: that it cannot be read is told when it is.
            return false;
        }
    }

    /// <summary>The bytes of an open file.</summary>
    internal static PictureBytes Of(Microsoft.Win32.SafeHandles.SafeFileHandle handle) => new(
        (destination, offset) => RandomAccess.Read(handle, destination, offset), RandomAccess.GetLength(handle));
}
