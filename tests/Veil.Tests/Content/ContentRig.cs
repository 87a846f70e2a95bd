using System.Buffers;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Fetching;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>A publisher, a reader and stores in memory, on a clock that moves only when told.</summary>
internal sealed class ContentRig
{
    public ContentRig(int stores, ulong seed = 1)
    {
        Stores = new MemoryStores(stores) { Time = Time };
        Decisions = new SeededDecisions(seed);
        Publisher = new Publisher(Stores, new SeededSecrets(seed), Decisions, Time);
        Reader = NewReader(new ReaderOptions());
    }

    public static IsolationGroup Group { get; } = new("reader");

    public MemoryStores Stores { get; }

    public SeededDecisions Decisions { get; }

    public ManualTime Time { get; } = new();

    public Publisher Publisher { get; }

    public ContentReader Reader { get; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static byte[] Bytes(int length, ulong seed = 7)
    {
        var bytes = new byte[length];
        new SeededStream(seed).Fill(bytes);
        return bytes;
    }

    public ContentReader NewReader(ReaderOptions options) => new(Stores, Decisions, Time, options);

    public Task<Publication> PublishAsync(byte[] content, string name = "a.txt", PublishOptions? options = null) =>
        Publisher.PublishAsync(
            new PublishSource(new MemoryStream(content), content.Length, name),
            options ?? new PublishOptions(),
            null,
            Cancelled);

    public async Task<byte[]> FetchAsync(ContentKey key)
    {
        await using var content = await Reader.OpenAsync(key, Group, Cancelled);
        MemoryStream output = new();
        await content.CopyRangeAsync(0, content.Length, output, Cancelled);
        return output.ToArray();
    }

    public async Task<ContentFault> FaultOfAsync(ContentKey key)
    {
        var fault = await Assert.ThrowsAsync<ContentUnavailableException>(() => FetchAsync(key));
        return fault.Fault;
    }

    /// <summary>Reads an object that is in copies, as the holder of its capability does.</summary>
    public byte[] Decode(ReadCapability capability)
    {
        ErisLimits limits = new(3, 1 << 20, 1 << 24);
        var fault = ErisDecoder.Decode(
            capability,
            limits,
            (BlockRef reference, out ReadOnlyMemory<byte> block) =>
            {
                var found = Stores.Find(reference);
                block = found;
                return found is not null;
            },
            out var content);
        Assert.Equal(ErisFault.None, fault);
        return content.ToArray();
    }
}
