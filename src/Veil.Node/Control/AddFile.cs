using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Stripes;

namespace Veil.Node.Control;

/// <summary>What is sent to be published.</summary>
/// <param name="Name">As readers shall see it.</param>
/// <param name="Length">Bytes that <paramref name="ReadAsync"/> gives in all, exactly.</param>
/// <param name="ReadAsync">
/// Reads on, 0 at the end. What it throws ends the publication, because the node only takes a body that ends properly:
/// let it throw at the end, too, when what was read cannot be trusted.
/// </param>
public sealed record AddFile(
    string Name,
    long Length,
    Func<Memory<byte>, CancellationToken, ValueTask<int>> ReadAsync)
{
    /// <summary>
    /// Says which content this is, in which state and how redundant: 64 hexadecimal digits that change when it does.
    /// With the same token a publication that broke off goes on. Null to begin anew.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>The files whose bytes <see cref="ReadAsync"/> gives, one after another; null for one file.</summary>
    public FolderIndex? Folder { get; init; }

    /// <summary>Parity of its stripes.</summary>
    public ParityLevel Level { get; init; }

    /// <summary>What its manifest is to say about it.</summary>
    public ManifestStatements Statements { get; init; } = ManifestStatements.None;

    /// <summary>Who signs it; null for nobody.</summary>
    public AddSigner? Signer { get; init; }
}

/// <summary>What is to be fetched of a content key.</summary>
/// <param name="Key">Which.</param>
public sealed record FetchRequest(string Key)
{
    /// <summary>Of a folder: only these files, and what is in these folders; all without any.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Refuse a folder, or several files of one: their bytes alone do not say where one ends.</summary>
    public bool OnlyFile { get; init; }

    /// <summary>Bytes to leave out, because they are here already.</summary>
    public long Offset { get; init; }

    /// <summary>Only these bytes, of one file, and without an offset; all without it.</summary>
    public string? Range { get; init; }
}

/// <summary>What was fetched.</summary>
/// <param name="Name">As its publisher named it; one harmless path component.</param>
/// <param name="Length">In bytes; of a folder, of all files that were chosen.</param>
public sealed record FetchedFile(string Name, long Length);
