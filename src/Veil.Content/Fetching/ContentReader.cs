using System.Buffers;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Wire.Denying;
using Veil.Wire.Seams;

namespace Veil.Content.Fetching;

/// <summary>
/// Opens content keys (spec/stripe.md, section 7). Holds no state between objects; safe for concurrent use.
/// </summary>
/// <param name="network">The stores.</param>
/// <param name="decisions">Orders.</param>
/// <param name="time">Hedges.</param>
/// <param name="options">Bounds.</param>
/// <param name="denylist">What is not to be opened (spec/store.md, section 8); null forbids nothing.</param>
public sealed class ContentReader(
    IBlockNetwork network,
    DecisionSource decisions,
    TimeProvider time,
    ReaderOptions options,
    Denylist? denylist = null)
{
    /// <summary>Fetches and checks the manifest behind a key; the content follows when it is read.</summary>
    /// <param name="key">What to open.</param>
    /// <param name="group">Whose trunks carry every request for this object.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The file; whoever opened it disposes it.</returns>
    /// <exception cref="ContentUnavailableException">
    /// <see cref="ContentFault.NotFound"/>: every store that was asked answered that it does not have the root.
    /// <see cref="ContentFault.TooFewShares"/>: stores that may have it cannot be reached.
    /// <see cref="ContentFault.VerificationFailed"/>: it was found, and is not a manifest under this key.
    /// <see cref="ContentFault.Denied"/>: the denylist of this node forbids it.
    /// </exception>
    public async Task<ContentObject> OpenAsync(
        ContentKey key,
        IsolationGroup group,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (denylist?.Forbids(key.Capability.RootReference) == true)
        {
            throw new ContentUnavailableException(ContentFault.Denied, "the local denylist forbids this content");
        }

        FetchContext context = new(network, group, decisions, time, options);
        var bytes = await FetchManifestAsync(key.Capability, context, cancellationToken);
        if (!ManifestCodec.TryDecode(bytes, out var manifest))
        {
            throw ErisTree.Broken("the key does not open a manifest that this version can read");
        }

        return new StripedContent(manifest, context);
    }

    private static async Task<ReadOnlyMemory<byte>> FetchManifestAsync(
        ReadCapability capability,
        FetchContext context,
        CancellationToken cancellationToken)
    {
        CopyFetcher fetcher = new(context);
        ArrayBufferWriter<byte> content = new();
        using ErisDecoder decoder = new(capability, ManifestCodec.Limits);
        var isRoot = true;
        while (!decoder.IsComplete && decoder.Fault == ErisFault.None)
        {
            byte[] block;
            try
            {
                block = await fetcher.FetchAsync(decoder.Wanted, cancellationToken);
            }
            catch (ContentUnavailableException fault) when (fault.Fault == ContentFault.NotFound && !isRoot)
            {
                throw new ContentUnavailableException(
                    ContentFault.TooFewShares, "a part of the manifest is on no store");
            }

            decoder.Supply(block, content);
            context.Pool.Return(block);
            isRoot = false;
        }

        return decoder.IsComplete ? content.WrittenMemory : throw ErisTree.Broken("the manifest does not verify");
    }
}
