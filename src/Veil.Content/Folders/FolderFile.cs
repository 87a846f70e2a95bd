using Veil.Content.Edge;
using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Content.Folders;

/// <summary>One file of an opened folder; the folder stays its owner's.</summary>
public sealed class FolderFile : ContentObject
{
    private readonly ContentObject _folder;
    private readonly FolderEntry _entry;
    private readonly long _offset;

    /// <summary>The file with this number.</summary>
    public FolderFile(ContentObject folder, FolderIndex index, int entry)
    {
        ArgumentNullException.ThrowIfNull(index);
        _folder = folder;
        _entry = index.Entries[entry];
        _offset = index.OffsetOf(entry);
    }

    /// <inheritdoc/>
    public override string Name => Path.GetFileName(_entry.Path);

    /// <inheritdoc/>
    public override string MimeType => MimeTypes.OfName(Name);

    /// <inheritdoc/>
    public override long Length => _entry.Length;

    /// <inheritdoc/>
    public override string EntityTag => _entry.Digest.ToString();

    /// <summary>What is said of the folder.</summary>
    public override ManifestStatements Statements => _folder.Statements;

    /// <summary>Who signed the folder.</summary>
    public override NameAddress? Signer => _folder.Signer;

    /// <inheritdoc/>
    public override Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        return _folder.CopyRangeAsync(_offset + offset, count, destination, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
