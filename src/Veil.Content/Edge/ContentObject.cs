using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Content.Edge;

/// <summary>One opened file or folder: what its manifest says, and its verified bytes in any range.</summary>
public abstract class ContentObject : IAsyncDisposable
{
    /// <summary>The name as the manifest gives it, already sanitised: no separators, no control
    /// characters.</summary>
    public abstract string Name { get; }

    /// <summary>MIME type, for example <c>video/mp4</c>.</summary>
    public abstract string MimeType { get; }

    /// <summary>Length in bytes; of a folder, of all its files, which follow each other as its index says.</summary>
    public abstract long Length { get; }

    /// <summary>True for a folder.</summary>
    public virtual bool IsFolder => false;

    /// <summary>Changes exactly when the bytes do; 64 lower-case hexadecimal digits, reveals neither key nor
    /// reference.</summary>
    public abstract string EntityTag { get; }

    /// <summary>What the publisher says about it, unchecked (spec/manifest.md, section 7).</summary>
    public virtual ManifestStatements Statements => ManifestStatements.None;

    /// <summary>The name whose key signed it, and whose signature holds; null without one (spec/manifest.md,
    /// section 8). It says nothing about who has that key.</summary>
    public virtual NameAddress? Signer => null;

    /// <summary>The files of a folder.</summary>
    /// <exception cref="InvalidOperationException">It is a file.</exception>
    /// <exception cref="ContentUnavailableException">The index cannot be had.</exception>
    public virtual Task<FolderIndex> ReadIndexAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("a file has no index");

    /// <summary>Begins to fetch what whoever opens it is likely to read first (spec/manifest.md, section 9), so that it
    /// is there sooner. Does not wait; whoever reads meets a failure.</summary>
    public virtual void ReadAhead()
    {
    }

    /// <summary>Writes the range to <paramref name="destination"/> in order; every byte is verified before it is
    /// written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the file.</exception>
    /// <exception cref="ContentUnavailableException">Too few shares of some stripe can be had.</exception>
    public abstract Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>What a content key names cannot be had: unknown, too few shares, not decodable, or denied.</summary>
public sealed class ContentUnavailableException(ContentFault fault, string message) : Exception(message)
{
    /// <summary>Which of these.</summary>
    public ContentFault Fault { get; } = fault;
}

/// <summary>Why content cannot be had.</summary>
public enum ContentFault
{
    /// <summary>No store that was asked knows the key's root.</summary>
    NotFound,

    /// <summary>Some stripe has fewer reachable shares than it needs.</summary>
    TooFewShares,

    /// <summary>What was found does not verify or breaks its layout.</summary>
    VerificationFailed,

    /// <summary>The manifest is what the key names, but the signature that it carries does not hold.</summary>
    SignatureWrong,

    /// <summary>The denylist of this node forbids it; no store was asked.</summary>
    Denied,
}
