using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Tests.Content.Names;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>Hosts that are names (spec/gateway.md, section 7).</summary>
public sealed class SiteNamesTests
{
    private static readonly NameAddress _name = NameRig.Key(1).Address;

    private readonly ConcurrentQueue<IsolationGroup> _asked = new();
    private ContentKey? _target;
    private NameFault _fault = NameFault.NotFound;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_shows_what_it_stands_for_and_later_something_else()
    {
        await using var rig = await GatewayRig.StartAsync(resolve: ResolveAsync);
        var url = $"http://{_name.Format()}/";
        _target = rig.Library.Add(1, new MemoryContent([1, 2, 3], "one.txt", "text/plain"));
        using var first = await rig.SendAsync(HttpMethod.Get, url);
        Assert.Equal([1, 2, 3], await first.Content.ReadAsByteArrayAsync(Token));
        var policy = first.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("sandbox", policy, StringComparison.Ordinal);

        _target = rig.Library.Add(2, new MemoryContent([4], "two.txt", "text/plain"));
        using var second = await rig.SendAsync(HttpMethod.Get, url + "two.txt");
        Assert.Equal([4], await second.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(2, rig.Library.Openings.Distinct().Count());
        Assert.Single(_asked.Distinct());
    }

    [Fact]
    public async Task A_name_that_stands_for_a_folder_has_its_files_under_their_paths()
    {
        await using var rig = await GatewayRig.StartAsync(resolve: ResolveAsync);
        _target = rig.Library.Add(1, new MemoryFolder("repo", ("dists/Release", "suite"), ("readme", "me")));
        using var file = await rig.SendAsync(HttpMethod.Get, $"http://{_name.Format()}/dists/Release");
        using var page = await rig.SendAsync(HttpMethod.Get, $"http://{_name.Format()}/");
        Assert.Equal("suite", await file.Content.ReadAsStringAsync(Token));
        Assert.Contains("./dists/", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_open_page_answers_a_name_with_its_own_address()
    {
        await using var rig = await GatewayRig.StartAsync(resolve: ResolveAsync);
        _target = Library.Key(1);
        using var answer = await PostAsync(rig, $"http://open.veil/#{_name.Format()}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(
            $"http://{_name.Format()}/", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        _target = null;
        using var missing = await PostAsync(rig, _name.Format());
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData(NameFault.NotFound, 404)]
    [InlineData(NameFault.Unreachable, 503)]
    [InlineData(NameFault.RolledBack, 502)]
    [InlineData(NameFault.Forked, 502)]
    public async Task A_name_that_is_not_to_be_shown_is_explained_without_naming_it(NameFault fault, int status)
    {
        _fault = fault;
        await using var rig = await GatewayRig.StartAsync(resolve: ResolveAsync);
        using var answer = await rig.SendAsync(HttpMethod.Get, $"http://{_name.Format()}/");
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.DoesNotContain(
            _name.Format()[..20], await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(rig.Library.Openings);
    }

    [Fact]
    public async Task A_mistyped_name_asks_nobody()
    {
        await using var rig = await GatewayRig.StartAsync(resolve: ResolveAsync);
        var wrong = (_name.Format()[0] == 'a' ? "b" : "a") + _name.Format()[1..];
        using var answer = await rig.SendAsync(HttpMethod.Get, $"http://{wrong}/");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(_asked);
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayRig rig, string body) => rig.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "http://open.veil/open")
        {
            Content = new StringContent(body, Encoding.UTF8, "text/plain"),
        });

    private Task<ContentKey> ResolveAsync(
        NameAddress address, IsolationGroup group, CancellationToken cancellationToken)
    {
        Assert.Equal(_name, address);
        _asked.Enqueue(group);
        return _target is { } target
            ? Task.FromResult(target)
            : throw new NameUnavailableException(_fault, "it is not there");
    }
}
