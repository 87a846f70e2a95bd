using Geralt;
using Veil.Content.Edge;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Directory.Ring;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Lanes;
using Veil.Wire.Seams;

namespace Veil.Bench.Content;

/// <summary>
/// A publication to stores that take everything at once, beside what it cannot do without, each by itself over the same
/// bytes: digest of the content; key, cipher and reference of each block; parity of each stripe and its references.
/// </summary>
internal static class EncodeRun
{
    private const int BlockBytes = 32768;
    private const int StripeBlocks = 16;
    private const int Stores = 60;

    // Runs ahead of what is measured, so that both sides find their code compiled.
    private const int WarmUpBytes = 32 << 20;

    /// <summary>Seconds of the whole, and of each operation.</summary>
    internal static (double Whole, (string Operation, double Seconds)[] Bare) Take(int mebibytes)
    {
        var content = new byte[mebibytes << 20];
        new SystemDecisionSource().Fill(content);
        Publish(content[..Math.Min(content.Length, WarmUpBytes)]);
        return (Publish(content), [.. Operations(content)]);
    }

    private static double Publish(byte[] content)
    {
        var publisher = new Publisher(
            new Nowhere(), new SystemSecretSource(), new SystemDecisionSource(), TimeProvider.System);
        return Time(() => publisher.PublishAsync(
            new PublishSource(new MemoryStream(content), content.Length, "a"),
            new PublishOptions(),
            null,
            CancellationToken.None).GetAwaiter().GetResult());
    }

    private static IEnumerable<(string Operation, double Seconds)> Operations(byte[] content)
    {
        var secret = new byte[32];
        var block = new byte[BlockBytes];
        var nonce = new byte[12];
        var sums = new Bytes32[StripeBlocks];
        yield return ("digest of the content", Time(() => EntityDigest.Of(content)));
        yield return ("keys", Time(() => ForEach(
            content, StripeBlocks, stripe => ManyHashes.Compute(secret, stripe, BlockBytes, sums))));
        yield return (
            "cipher", Time(() => ForEach(content, 1, piece => ChaCha20.Encrypt(block, piece, nonce, secret, 0))));
        yield return ("references", Time(() => References(content, sums)));
        var parity = Parity();
        yield return ("parity", Time(() =>
        {
            for (int start = 0;
                start + (StripeBlocks * BlockBytes) <= content.Length;
                start += StripeBlocks * BlockBytes)
            {
                ReadOnlyMemory<byte>[] data =
                [
                    .. Enumerable.Range(0, StripeBlocks).Select(
                        share => (ReadOnlyMemory<byte>)content.AsMemory(start + (share * BlockBytes), BlockBytes)),
                ];
                ReedSolomon.Encode(data, parity);
            }
        }));
        yield return ("references of parity", Time(() =>
        {
            References(content, sums);
            References(content, sums);
        }));
    }

    private static void References(byte[] content, Bytes32[] sums) => ForEach(
        content, StripeBlocks, stripe => ManyHashes.Compute(default, stripe, BlockBytes, sums));

    private static Memory<byte>[] Parity() =>
        [.. Enumerable.Range(0, 32).Select(_ => (Memory<byte>)new byte[BlockBytes])];

    private static void ForEach(byte[] content, int blocks, Action<byte[]> work)
    {
        // A copy into the cache first, as the blocks of a publication are when each operation meets them.
        var piece = new byte[blocks * BlockBytes];
        for (int start = 0; start + piece.Length <= content.Length; start += piece.Length)
        {
            content.AsSpan(start, piece.Length).CopyTo(piece);
            work(piece);
        }
    }

    private static double Time(Action work)
    {
        long start = TimeProvider.System.GetTimestamp();
        work();
        return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Sixty stores that have everything at once.</summary>
    private sealed class Nowhere : IBlockNetwork
    {
        public StoreRing Ring { get; } = new(Enumerable.Range(0, Stores).Select(
            store => (BlockRef.Of([1, (byte)store]).Value, new RelayId(BlockRef.Of([2, (byte)store]).Value))));

        public ValueTask<StoreOutcome> StoreAsync(
            IsolationGroup group,
            RelayId store,
            BlockRef reference,
            ReadOnlyMemory<byte> block,
            CancellationToken cancellationToken) => ValueTask.FromResult(StoreOutcome.Done);

        public ValueTask<StoreOutcome> FetchAsync(
            IsolationGroup group,
            RelayId store,
            BlockRef reference,
            Memory<byte> destination,
            CancellationToken cancellationToken) => ValueTask.FromResult(StoreOutcome.NotFound);
    }
}
