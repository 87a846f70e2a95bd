using System.Net;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>Folders over real loopback and SOCKS: spec/gateway.md, section 5.1.</summary>
public sealed class FolderEndpointTests
{
    private static readonly (string, string)[] _files =
    [
        ("a-b/x.txt", "x"),
        ("a/javascript;1", "scheme"),
        ("a/ü & 100%.mp4", "film"),
        ("empty/", ""),
        ("index.html", "<script>alert(1)</script>"),
        ("readme.txt", "read me"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_file_is_under_its_path_with_its_own_type_and_tag()
    {
        await using var rig = await GatewayRig.StartAsync();
        var site = Open(rig);
        using var film = await rig.SendAsync(HttpMethod.Get, $"{site}a/{Uri.EscapeDataString("ü & 100%.mp4")}");
        using var page = await rig.SendAsync(HttpMethod.Get, site + "index.html");
        using var part = await rig.SendAsync(HttpMethod.Get, site + "readme.txt", ("Range", "bytes=5-6"));

        Assert.Equal("film", await film.Content.ReadAsStringAsync(Token));
        Assert.Equal("video/mp4", film.Content.Headers.ContentType!.ToString());
        Assert.NotEqual(film.Headers.ETag!.Tag, page.Headers.ETag!.Tag);
        Assert.Equal("application/octet-stream", page.Content.Headers.ContentType!.ToString());
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("me", await part.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Folders_are_pages_that_run_nothing_and_lead_to_what_lies_in_them()
    {
        await using var rig = await GatewayRig.StartAsync();
        var site = Open(rig);
        using var root = await rig.SendAsync(HttpMethod.Get, site);
        using var inner = await rig.SendAsync(HttpMethod.Get, site + "a/");
        var (rootPage, innerPage) = (
            await root.Content.ReadAsStringAsync(Token), await inner.Content.ReadAsStringAsync(Token));

        Assert.Equal("text/html; charset=utf-8", root.Content.Headers.ContentType!.ToString());
        var policy = root.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script", policy, StringComparison.Ordinal);
        Assert.Contains("3 folders, 2 files", rootPage, StringComparison.Ordinal);
        Assert.Contains("href=\"./a-b/\"", rootPage, StringComparison.Ordinal);
        Assert.Contains("href=\"./javascript%3B1\"", innerPage, StringComparison.Ordinal);
        Assert.Contains("ü &amp; 100%.mp4", innerPage, StringComparison.Ordinal);
        Assert.Contains("href=\"../\"", innerPage, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", innerPage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_its_slash_leads_there_and_other_paths_are_not_found()
    {
        await using var rig = await GatewayRig.StartAsync();
        var site = Open(rig);
        using var moved = await rig.SendAsync(HttpMethod.Get, site + "a");
        using var empty = await rig.SendAsync(HttpMethod.Get, site + "empty/");
        Assert.Equal(HttpStatusCode.MovedPermanently, moved.StatusCode);
        Assert.Equal("/a/", moved.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, empty.StatusCode);
        foreach (var path in new[] { "b", "a/none", "a/none/", "readme.txt/", "a%2Fx" })
        {
            using var answer = await rig.SendAsync(HttpMethod.Get, site + path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_page_shows_what_the_publisher_states_as_that_and_no_key()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var key = NameKey.FromSeed(new byte[32]);
        var folder = new MemoryFolder("photos", _files)
        {
            Said = new ManifestStatements
            {
                Licence = "CC-BY-4.0",
                RightsHolder = "<b>Ada & Co</b>",
                Previous = Library.Key(2),
            },
            SignedBy = key.Address,
        };
        using var answer = await rig.SendAsync(
            HttpMethod.Get, rig.Site.Open(rig.Library.Add(1, folder), SocksIsolation.WithoutCredential));
        var page = await answer.Content.ReadAsStringAsync(Token);

        Assert.Contains("as the publisher says: <bdi>CC-BY-4.0</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>&lt;b&gt;Ada &amp; Co&lt;/b&gt;</bdi>", page, StringComparison.Ordinal);
        Assert.Contains($"Signed by the name <bdi>{key.Address.Format()}</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("version before", page, StringComparison.Ordinal);
        Assert.DoesNotContain("veil:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("rusted", page, StringComparison.Ordinal);
    }

    private static string Open(GatewayRig rig) => rig.Site.Open(
        rig.Library.Add(1, new MemoryFolder("photos", _files)), SocksIsolation.WithoutCredential);
}
