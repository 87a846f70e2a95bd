using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Content.Transfers;

namespace Veil.Content.Fetching;

/// <summary>
/// One opened file or folder over its stripes. Ranges may be read at the same time; decoded stripes are shared between
/// them and kept within a bound.
/// </summary>
internal sealed class StripedContent : ContentObject
{
    private const long StripeBytes = StripeShape.FullBytes;

    private readonly Manifest _manifest;
    private readonly ReaderOptions _options;
    private readonly ErisTree _tree;
    private readonly StripeMapReader _map;
    private readonly SharedWork<long, DecodedStripe> _stripes;
    private readonly long _stripeCount;
    private readonly StripeFetcher _fetcher;
    private FolderIndex? _index;

    /// <summary>Opens what a manifest describes; nothing is fetched yet.</summary>
    /// <exception cref="ContentUnavailableException">The manifest's capabilities do not fit its length.</exception>
    public StripedContent(Manifest manifest, FetchContext context)
    {
        _manifest = manifest;
        _options = context.Options;
        var plan = manifest.Plan;
        _stripeCount = plan.Count;
        CopyFetcher copies = new(context);
        _tree = new ErisTree(manifest.Capabilities.Data, plan.Leaves, copies, context, manifest.Opening);
        _map = new StripeMapReader(manifest.Capabilities.StripeMap, plan, copies, context);
        _fetcher = new StripeFetcher(context, _tree, _map, plan, manifest.Opening);
        _stripes = new(
            context.Options.MaxStripesInMemory,
            FetchStripeAsync,
            static stripe => stripe.TryHold(),
            static stripe => stripe.Release());
    }

    /// <inheritdoc/>
    public override string Name => _manifest.Name;

    /// <inheritdoc/>
    public override string MimeType => _manifest.MimeType;

    /// <inheritdoc/>
    public override long Length => _manifest.Size.Length;

    /// <inheritdoc/>
    public override bool IsFolder => _manifest.Size.Kind == ContentKind.Folder;

    /// <inheritdoc/>
    public override string EntityTag => _manifest.EntityDigest.ToString();

    /// <inheritdoc/>
    public override ManifestStatements Statements => _manifest.Statements;

    /// <inheritdoc/>
    public override NameAddress? Signer => _manifest.Signature?.Signer;

    /// <inheritdoc/>
    public override void ReadAhead() => _stripes.Prefetch(OpeningStripe.IndexIn(_manifest.Size));

    /// <inheritdoc/>
    public override Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        return count == 0 ? Task.CompletedTask : CopyStoredAsync(offset, count, destination, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<FolderIndex> ReadIndexAsync(CancellationToken cancellationToken)
    {
        if (_manifest.Size.IndexLength is not { } length) throw new InvalidOperationException("a file has no index");
        if (Volatile.Read(ref _index) is { } known) return known;
        MemoryStream bytes = new(length);
        await CopyStoredAsync(Length, length, bytes, cancellationToken);
        if (!FolderIndexCodec.TryDecode(bytes.ToArray(), out var index) || index.Length != Length)
        {
            throw ErisTree.Broken("the folder's index is none that this version can read");
        }

        Volatile.Write(ref _index, index);
        return index;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stripes.DisposeAsync();
        await _map.DisposeAsync();
        await _tree.DisposeAsync();
    }

    private async Task CopyStoredAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken)
    {
        var lastWanted = (offset + count - 1) / StripeBytes;
        var end = offset + count;
        while (offset < end)
        {
            var stripe = offset / StripeBytes;
            var stop = Math.Min(end, (stripe + 1) * StripeBytes);
            var leaves = await HoldStripeAsync(stripe, lastWanted, cancellationToken);
            try
            {
                await WriteAsync(leaves, (offset, stop), destination, cancellationToken);
            }
            finally
            {
                leaves.Release();
            }

            offset = stop;

            // What gathers writes must not keep them until the next stripe is there.
            await destination.FlushAsync(cancellationToken);
        }
    }

    private static async Task WriteAsync(
        DecodedStripe leaves,
        (long Offset, long Stop) range,
        Stream destination,
        CancellationToken cancellationToken)
    {
        for (var (offset, stop) = range; offset < stop;)
        {
            var within = (int)(offset % StripeBytes);
            var start = within % ErisLayout.BlockBytes;
            var take = (int)Math.Min(ErisLayout.BlockBytes - start, stop - offset);
            await destination.WriteAsync(
                leaves[within / ErisLayout.BlockBytes].Slice(start, take), cancellationToken);
            offset += take;
        }
    }

    /// <summary>The stripe, which the caller releases.</summary>
    private Task<DecodedStripe> HoldStripeAsync(long stripe, long lastWanted, CancellationToken cancellationToken)
    {
        var result = _stripes.GetAsync(stripe, cancellationToken);
        var last = Math.Min(_stripeCount - 1, lastWanted + _options.StripesBeyond);
        for (var ahead = stripe + 1; ahead <= Math.Min(last, stripe + _options.StripesAhead - 1); ahead++)
        {
            _stripes.Prefetch(ahead);
        }

        return result;
    }

    private async Task<DecodedStripe> FetchStripeAsync(long stripe, CancellationToken cancellationToken)
    {
        var leaves = await _fetcher.FetchAsync(stripe, cancellationToken);
        if (stripe == _stripeCount - 1)
        {
            var expected = (int)(_manifest.Size.EncodedLength % ErisLayout.BlockBytes);
            if (!ErisPadding.TryFind(leaves[^1].Span, out var content) || content != expected)
            {
                leaves.Release();
                throw ErisTree.Broken("the content's end is not where the manifest says");
            }
        }

        return leaves;
    }
}
