using Veil.Content.Eris;

namespace Veil.Content.Manifests;

/// <summary>How many bytes content has, and how many are encoded for it (spec/manifest.md, section 5).</summary>
/// <param name="Length">Bytes of the file, or of all files of a folder.</param>
/// <param name="IndexLength">Bytes of a folder's index, which follows them; null for a file.</param>
public readonly record struct ContentSize(long Length, int? IndexLength = null)
{
    /// <summary>A file, or a folder where there is an index.</summary>
    public ContentKind Kind => IndexLength is null ? ContentKind.File : ContentKind.Folder;

    /// <summary>Content and index.</summary>
    public long StoredLength => Length + (IndexLength ?? 0);

    /// <summary>Content, index and padding: what is encoded into blocks.</summary>
    public long EncodedLength => ContentPadding.PaddedLength(StoredLength);

    /// <summary>Blocks of encoded data, without inner nodes.</summary>
    public long Leaves => ErisLayout.LeafCount(EncodedLength);

    /// <summary>True where a manifest may say so.</summary>
    public bool IsPossible =>
        Length is >= 0 and <= ErisLayout.MaxContentBytes
        && IndexLength is null or (> 0 and <= Manifest.MaxIndexBytes)
        && StoredLength <= ErisLayout.MaxContentBytes;
}
