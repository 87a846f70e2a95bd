using System.Buffers;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Wire;
using Veil.Wire.Denying;

namespace Veil.Content.Fetching;

/// <summary>Fetches the manifest behind a key.</summary>
internal static class ManifestFetch
{
    /// <summary>Refuses what the denylist of this node forbids; no store is asked.</summary>
    /// <exception cref="ContentUnavailableException"><see cref="ContentFault.Denied"/>.</exception>
    public static void ThrowIfDenied(Denylist? denylist, BlockRef root)
    {
        if (denylist?.Forbids(root) == true)
        {
            throw new ContentUnavailableException(ContentFault.Denied, "the local denylist forbids this content");
        }
    }

    /// <summary>Fetches, checks and reads it.</summary>
    /// <returns>The manifest, and the references of its blocks in the order in which they were needed.</returns>
    /// <exception cref="ContentUnavailableException">It cannot be had, or is none.</exception>
    public static async Task<(Manifest Manifest, IReadOnlyList<BlockRef> Blocks)> RunAsync(
        ReadCapability capability,
        FetchContext context,
        CancellationToken cancellationToken)
    {
        CopyFetcher fetcher = new(context);
        ArrayBufferWriter<byte> content = new();
        List<BlockRef> blocks = [];
        using ErisDecoder decoder = new(capability, ManifestCodec.Limits);
        while (!decoder.IsComplete && decoder.Fault == ErisFault.None)
        {
            var block = blocks.Count == 0
                ? await fetcher.FetchAsync(decoder.Wanted, cancellationToken)
                : await fetcher.FetchPartAsync(
                    decoder.Wanted, "a part of the manifest is on no store", cancellationToken);
            blocks.Add(decoder.Wanted);
            decoder.Supply(block, content);
            context.Pool.Return(block);
        }

        if (!decoder.IsComplete) throw ErisTree.Broken("the manifest does not verify");
        if (!ManifestCodec.TryDecode(content.WrittenMemory, out var manifest))
        {
            throw ErisTree.Broken("the key does not open a manifest that this version can read");
        }

        // Before anything else of it is believed (spec/manifest.md, section 8).
        return manifest.Signature?.Holds(content.WrittenMemory) == false
            ? throw new ContentUnavailableException(
                ContentFault.SignatureWrong, "the signature of this content does not hold")
            : (manifest, blocks);
    }
}
