using System.Security.Cryptography;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Stripes;
using Veil.Noise.Seams;
using Veil.Wire.Seams;

namespace Veil.Content.Publishing;

/// <summary>
/// Publishes files (spec/stripe.md, section 6): from the disk in bounded memory, acknowledged share by share, the
/// manifest last. Holds no state between publications; safe for concurrent use.
/// </summary>
/// <param name="network">The stores.</param>
/// <param name="secrets">Convergence secrets.</param>
/// <param name="decisions">Orders and names of isolation groups.</param>
/// <param name="time">For how long a store that failed is asked last.</param>
public sealed class Publisher(
    IBlockNetwork network,
    SecretSource secrets,
    DecisionSource decisions,
    TimeProvider time)
{
    /// <summary>Publishes a file under its name.</summary>
    /// <param name="path">The file; not locked, but a change while it is read fails the publication.</param>
    /// <param name="options">How.</param>
    /// <param name="onProgress">Called now and then, never twice at a time; it must be quick.</param>
    /// <param name="cancellationToken">Gives up; blocks that were stored stay until their leases end.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="PublishException">It could not be published.</exception>
    public async Task<Publication> PublishFileAsync(
        string path,
        PublishOptions options,
        Action<PublishProgress>? onProgress,
        CancellationToken cancellationToken)
    {
        FileInfo before = new(path);
        var (length, changedAt) = (before.Length, before.LastWriteTimeUtc);
        await using FileStream content = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0,
            FileOptions.Asynchronous | FileOptions.SequentialScan);
        PublishSource source = new(content, length, Path.GetFileName(path))
        {
            IsUnchanged = () =>
            {
                FileInfo after = new(path);
                return after.Exists && after.Length == length && after.LastWriteTimeUtc == changedAt;
            },
        };
        return await PublishAsync(source, options, onProgress, cancellationToken);
    }

    /// <summary>Publishes anything of known length.</summary>
    /// <param name="source">What.</param>
    /// <param name="options">How.</param>
    /// <param name="onProgress">Called now and then, never twice at a time; it must be quick.</param>
    /// <param name="cancellationToken">Gives up; blocks that were stored stay until their leases end.</param>
    /// <exception cref="IOException">The source cannot be read to its end.</exception>
    /// <exception cref="PublishException">It could not be published.</exception>
    public async Task<Publication> PublishAsync(
        PublishSource source,
        PublishOptions options,
        Action<PublishProgress>? onProgress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(source.Length);
        if (network.Ring.Count == 0) throw new PublishException(PublishFault.NoStores, "the network has no stores");
        if (!source.Size.IsPossible)
        {
            throw new PublishException(PublishFault.TooLarge, "the file is longer than 4 TiB");
        }

        if (!source.Statements.IsPossible) throw new ArgumentException("not statements that may be", nameof(source));
        BlockSender sender = new(network, decisions, time, options);
        Lock progressLock = new();
        PublishSession? session = null;
        var total = TotalShares(new StripePlan(source.Size.Leaves, options.Level));
        void OnAdvance()
        {
            lock (progressLock)
            {
                onProgress?.Invoke(new(session!.BytesRead, source.Size.StoredLength, sender.Acknowledged, total));
            }
        }

        var secret = new byte[ErisLayout.ConvergenceSecretBytes];
        if (options.From is { } from)
        {
            from.Secret.AsSpan().CopyTo(secret);
            sender.TakeOver(from.Stripes.Report.With(from.Copies.Report));
        }
        else if (!options.Convergent)
        {
            secrets.Fill(secret);
        }

        await using var owned = session = new PublishSession(
            sender, NewGroups(), options, secret, (OnAdvance, cancellationToken));
        CryptographicOperations.ZeroMemory(secret);
        var manifest = await session.PublishDataAsync(source);
        if (source.Signer is { } signer) manifest = await signer.SealAsync(manifest, cancellationToken);
        var capability = await session.PublishManifestAsync(manifest);
        return new Publication(
            new ContentKey(capability),
            manifest.Capabilities.StripeMap,
            manifest.Name,
            manifest.Size.Length,
            new PublicationCounts(session.Blocks, sender.Shares, sender.Acknowledged),
            sender.Redundancy);
    }

    private long TotalShares(StripePlan plan)
    {
        var mapLeaves = ErisLayout.LeafCount(StripeMapLayout.Length(plan));
        var copied = ErisLayout.InnerCount(plan.Leaves) + mapLeaves + ErisLayout.InnerCount(mapLeaves) + 1;
        return plan.TotalShares + (copied * Math.Min(Placement.Copies, network.Ring.Count));
    }

    // Groups of their own for each publication: two publications must not share a trunk.
    private PublishGroups NewGroups()
    {
        var name = $"publish-{decisions.NextUInt64():x16}";
        return new(new($"{name}-data"), new($"{name}-inner"), new($"{name}-root"));
    }
}
