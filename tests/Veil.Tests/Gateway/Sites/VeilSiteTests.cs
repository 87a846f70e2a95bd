using System.Net;
using System.Text;
using Veil.Gateway;
using Veil.Gateway.Sites;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>Hosts, groups and logs over real loopback and SOCKS: spec/gateway.md, sections 2 and 3.</summary>
public sealed class VeilSiteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("example.com")]
    [InlineData("127.0.0.1")]
    [InlineData("open.veil:80")]
    [InlineData("open.veil.")]
    [InlineData("xopen.veil")]
    [InlineData("veil")]
    public async Task A_host_that_the_connection_is_not_for_is_misdirected(string host)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, "http://open.veil/", ("Host", host));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_host_is_compared_without_case()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, "http://open.veil/", ("Host", "OPEN.Veil"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_known_label_is_not_reached_through_a_connection_for_the_open_page()
    {
        await using var rig = await GatewayRig.StartAsync();
        var url = rig.Site.Open(AddFile(rig), SocksIsolation.WithoutCredential);
        using var answer = await rig.SendAsync(HttpMethod.Get, "http://open.veil/", ("Host", new Uri(url).Host));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("http://abcdefghijklmnopqrstuvwxyz234567.veil/")]
    [InlineData("http://www.open.veil/")]
    public async Task An_unknown_label_is_not_found(string url)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, url);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task A_label_is_reached_by_its_own_group_only()
    {
        await using var rig = await GatewayRig.StartAsync();
        var key = AddFile(rig);
        var url = new Uri(rig.Site.Open(key, SocksIsolation.Of("a"u8, "1"u8)));
        using var own = await GetAsync(rig, url, new NetworkCredential("a", "1"));
        using var other = await GetAsync(rig, url, new NetworkCredential("a", "2"));
        using var none = await GetAsync(rig, url, null);
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            new[] { own, other, none }.Select(answer => answer.StatusCode));
        Assert.NotEqual(url.ToString(), rig.Site.Open(key, SocksIsolation.Of("a"u8, "2"u8)));
    }

    [Fact]
    public async Task Logs_name_no_key_label_or_file()
    {
        await using var rig = await GatewayRig.StartAsync();
        var key = AddFile(rig);
        var label = new Uri(rig.Site.Open(key, SocksIsolation.WithoutCredential)).Host;
        using var file = await rig.SendAsync(HttpMethod.Get, $"http://{label}/private-name");
        using var path = await rig.SendAsync(HttpMethod.Get, $"http://{label}/private-path");
        using var host = await rig.SendAsync(HttpMethod.Get, "http://open.veil/", ("Host", "private-host"));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.SendAsync(HttpMethod.Get, "http://private-host/"));
        Assert.DoesNotContain(
            rig.Logs.Lines,
            line => line.Contains("private", StringComparison.Ordinal)
                || line.Contains(label, StringComparison.Ordinal)
                || line.Contains(key.Format(), StringComparison.Ordinal));
        Assert.All(rig.Counters.Snapshot().Keys, name => Assert.StartsWith("socks.", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_being_served_is_aborted_when_the_node_stops()
    {
        var rig = await GatewayRig.StartAsync();
        var started = new TaskCompletionSource();
        var key = rig.Library.Add(1, () =>
        {
            started.SetResult();
            return new TaskCompletionSource<Veil.Content.Edge.ContentObject>().Task;
        });
        var asking = rig.SendAsync(HttpMethod.Get, rig.Site.Open(key, SocksIsolation.WithoutCredential));
        await started.Task.WaitAsync(Token);
        await rig.Socks.DisposeAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asking);
        await rig.DisposeAsync();
        Assert.Equal(0, rig.Site.OpenFileCount);
    }

    [Fact]
    public void The_secret_has_32_bytes()
    {
        var environment = new GatewayEnvironment(
            new GatewayOptions(), TimeProvider.System, new CollectedLogs(), new GatewayCounters());
        Assert.Throws<ArgumentException>(() => new VeilSite(new byte[31], new Library().OpenAsync, environment));
    }

    private static async Task<HttpResponseMessage> GetAsync(GatewayRig rig, Uri url, NetworkCredential? credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        return await rig.SendAsync(request, credential);
    }

    private static Veil.Content.Keys.ContentKey AddFile(GatewayRig rig) =>
        rig.Library.Add(1, new MemoryContent(Encoding.ASCII.GetBytes("text"), "private-name", "text/plain"));
}
