namespace Veil.Content.Pictures;

/// <summary>What a picture without its metadata consists of (spec/pictures.md, section 1).</summary>
/// <param name="Pieces">In order.</param>
/// <param name="Length">Bytes of all pieces.</param>
public sealed record PicturePlan(IReadOnlyList<PicturePiece> Pieces, long Length);

/// <summary>A range of the file, or bytes that are written anew.</summary>
/// <param name="Offset">Where in the file; 0 for new bytes.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Written">The new bytes; null for a range.</param>
public readonly record struct PicturePiece(long Offset, long Length, byte[]? Written);
