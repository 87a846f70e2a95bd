using Veil.Content.Edge;
using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Node.Observing;

/// <summary>A file whose readable bytes are counted for an observer.</summary>
internal sealed class ObservedContent(ContentObject inner, INodeObserver observer) : ContentObject
{
    public override string Name => inner.Name;

    public override string MimeType => inner.MimeType;

    public override long Length => inner.Length;

    public override string EntityTag => inner.EntityTag;

    public override bool IsFolder => inner.IsFolder;

    public override ManifestStatements Statements => inner.Statements;

    public override NameAddress? Signer => inner.Signer;

    public override Task<FolderIndex> ReadIndexAsync(CancellationToken cancellationToken) =>
        inner.ReadIndexAsync(cancellationToken);

    public override void ReadAhead() => inner.ReadAhead();

    public override async Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken)
    {
        await inner.CopyRangeAsync(offset, count, destination, cancellationToken);
        observer.SawPlaintext(count);
    }

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
