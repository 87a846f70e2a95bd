using Veil.Wire;

namespace Veil.Content.Folders;

/// <summary>A file of a folder, or a folder in it that is empty (spec/manifest.md, section 6).</summary>
/// <param name="Path">Components with <c>/</c> between them; an empty folder's ends with one.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Digest">Entity digest of the bytes.</param>
public readonly record struct FolderEntry(string Path, long Length, Bytes32 Digest = default)
{
    /// <summary>True for an empty folder.</summary>
    public bool IsFolder => Path.EndsWith('/');
}
