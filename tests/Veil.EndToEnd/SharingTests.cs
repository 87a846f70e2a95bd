using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Node;
using Veil.Node.Lab;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>Files over a network of real nodes, fetched by a stock HTTP client through SOCKS.</summary>
public sealed class SharingTests(SharingTests.Network network) : IClassFixture<SharingTests.Network>
{
    private const int Block = 32_768;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData((16 * Block) - 1)]
    [InlineData(3_000_000)]
    public async Task A_file_of_any_size_comes_back_with_its_name_after_the_publisher_left(int bytes)
    {
        byte[] sent = Bytes(bytes);
        var publication = await network.PublishAsync("läsebuch 1.txt", sent);

        using var response = await network.GetAsync(network.Reader.Open(publication.Key));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("läsebuch 1.txt", response.Content.Headers.ContentDisposition?.FileNameStar);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(response.Headers.ETag);
    }

    [Fact]
    public async Task A_range_is_the_same_bytes_of_the_file()
    {
        byte[] sent = Bytes(2_000_000);
        var publication = await network.PublishAsync("film.mp4", sent);
        using var request = new HttpRequestMessage(HttpMethod.Get, network.Reader.Open(publication.Key));
        request.Headers.Range = new RangeHeaderValue(1_000_001, 1_100_000);

        using var response = await network.Browser.SendAsync(request);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        byte[] got = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(sent[1_000_001..1_100_001], got);
    }

    [Fact]
    public async Task No_store_keeps_anything_readable_and_no_relay_has_a_key()
    {
        byte[] marker = Encoding.ASCII.GetBytes("this sentence stands in the shared file and nowhere else. ");
        byte[] sent = [.. Enumerable.Repeat(marker, 5_000).SelectMany(part => part)];
        var publication = await network.PublishAsync("diary.txt", sent);

        foreach (string file in System.IO.Directory.EnumerateFiles(network.Places.Folder, "*",
            SearchOption.AllDirectories)
            .Where(file => file.Contains("store", StringComparison.Ordinal) && Path.GetFileName(file) != "lock"))
        {
            byte[] kept = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal(-1, kept.AsSpan().IndexOf(marker.AsSpan(0, 16)));
        }

        Assert.All(
            network.Places.Observers.Where(entry => entry.Key.StartsWith("relay", StringComparison.Ordinal)
                || entry.Key.StartsWith("store", StringComparison.Ordinal)
                || entry.Key.StartsWith("authority", StringComparison.Ordinal)),
            entry => Assert.Equal((0, 0L), (entry.Value.Keys, entry.Value.PlaintextBytes)));
        Assert.True(publication.Counts.SharesAcknowledged > 0);
    }

    [Fact]
    public async Task An_unknown_key_is_not_found_and_a_mistyped_one_is_told_at_once()
    {
        var publication = await network.PublishAsync("a.txt", Bytes(10));
        string text = publication.Key.Format();
        string mistyped = text[..^1] + (text[^1] == 'a' ? 'b' : 'a');

        Assert.False(ContentKey.TryParse(mistyped, out _, out var error));
        Assert.Contains("mistyped", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.False(ContentKey.TryParse(text.AsSpan(0, text.Length - 5), out _, out error));
        Assert.Contains("short", error.Message, StringComparison.OrdinalIgnoreCase);

        var unknown = new ContentKey(new Veil.Content.Eris.ReadCapability(
            Block,
            0,
            new Veil.Wire.BlockRef(new Veil.Wire.Bytes32(Bytes(32))),
            new Veil.Wire.Bytes32(Bytes(32))));
        using var response = await network.GetAsync(network.Reader.Open(unknown));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Names_that_are_not_of_veil_are_refused()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => network.GetAsync("http://example.com/"));
        await Assert.ThrowsAsync<HttpRequestException>(() => network.GetAsync("http://192.0.2.1/"));
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (int index = 0; index < count; index++)
        {
            bytes[index] = (byte)(((index * 7L) + (index / 251)) % 253);
        }

        return bytes;
    }

    /// <summary>One network for all tests, with a reader that stays.</summary>
    public sealed class Network : IAsyncLifetime
    {
        private LabNetwork? _lab;
        private int _publishers;

        internal LoopbackPlaces Places { get; } = new();

        internal VeilNode Reader { get; private set; } = null!;

        internal SocksBrowser Browser { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var token = TestContext.Current.CancellationToken;
            _lab = await LabNetwork.StartAsync(new LabOptions { EpochSeconds = 3 }, Places.PlaceAsync, token);
            Reader = await _lab.JoinAsync(new LabMember("reader", NodeRoles.Gateway, 100), token);
            Browser = new SocksBrowser(Reader.SocksEndPoint!);
        }

        public async ValueTask DisposeAsync()
        {
            Browser?.Dispose();
            if (Reader is not null)
            {
                await Reader.DisposeAsync();
            }

            if (_lab is not null)
            {
                await _lab.DisposeAsync();
            }

            Places.Dispose();
        }

        internal Task<HttpResponseMessage> GetAsync(string url) =>
            Browser.GetAsync(url);

        /// <summary>Publishes from a node of its own, which is gone when this returns.</summary>
        internal async Task<Publication> PublishAsync(string name, byte[] content)
        {
            var token = TestContext.Current.CancellationToken;
            int number = Interlocked.Increment(ref _publishers);
            string path = Path.Combine(System.IO.Directory.CreateDirectory(Path.Combine(Places.Folder,
                $"p{number}")).FullName, name);
            await File.WriteAllBytesAsync(path, content, token);
            await using var publisher = await _lab!.JoinAsync(
                new LabMember($"publisher{number}", NodeRoles.None, 100 + number),
                token);
            return await publisher.PublishAsync(path, new PublishOptions(), null, token);
        }
    }
}
