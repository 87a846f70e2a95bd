using Veil.Content.Edge;
using Veil.Content.Keys;
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
        ManifestFetch.ThrowIfDenied(denylist, key.Capability.RootReference);
        FetchContext context = new(network, group, decisions, time, options);
        var (manifest, _) = await ManifestFetch.RunAsync(key.Capability, context, cancellationToken);
        return new StripedContent(manifest, context);
    }
}
