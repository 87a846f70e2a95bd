using Veil.Content.Folders;
using Veil.Content.Manifests;

namespace Veil.Content.Publishing;

/// <summary>What is to be published.</summary>
/// <param name="Content">
/// Read once from its present position to its end, of which it must tell: a file, or what comes over a connection. Who
/// gives it disposes it, and limits how long it may take.
/// </param>
/// <param name="Length">Bytes of the file, or of all files of the folder.</param>
/// <param name="Name">Altered where it does not comply (spec/manifest.md, section 2).</param>
public sealed record PublishSource(Stream Content, long Length, string Name)
{
    /// <summary>Asked when all was read: false where the source is known to have changed meanwhile.</summary>
    public Func<bool> IsUnchanged { get; init; } = () => true;

    /// <summary>Of the file; of the folder and the index that <see cref="Content"/> ends with.</summary>
    public ContentSize Size => new(Length, IndexLength);

    /// <summary>What the manifest is to say about it.</summary>
    public ManifestStatements Statements { get; init; } = ManifestStatements.None;

    /// <summary>Who signs the manifest; null for nobody.</summary>
    public ManifestSigner? Signer { get; init; }

    private int? IndexLength { get; init; }

    /// <summary>A folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="draft">Its files; the digests do not count.</param>
    /// <param name="files">The bytes of all files in the order of the draft, and not one more.</param>
    public static PublishSource OfFolder(string name, FolderIndex draft, Stream files)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return new PublishSource(new FolderStream(draft, files), draft.Length, name)
        {
            IndexLength = FolderIndexCodec.Encode(draft).Length,
        };
    }
}
