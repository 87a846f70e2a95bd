using System.Net;
using Veil.Content.Edge;
using Veil.Gateway.Socks;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>Files over real loopback and SOCKS: spec/gateway.md, section 5.</summary>
public sealed class FileEndpointTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1_000).Select(number => (byte)(number % 251))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("film.mp4")]
    public async Task A_file_is_at_the_root_and_under_its_name(string path)
    {
        await using var rig = await GatewayRig.StartAsync();
        var content = new MemoryContent(Bytes, "film.mp4", "video/mp4");
        using var answer = await rig.SendAsync(HttpMethod.Get, Open(rig, content) + path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Bytes, await answer.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("video/mp4", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(Bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("inline; filename=\"film.mp4\"", answer.Content.Headers.GetValues("Content-Disposition").Single());
        Assert.Equal($"\"{content.EntityTag}\"", answer.Headers.ETag!.ToString());
        Assert.Equal("bytes", answer.Headers.AcceptRanges.Single());
        Assert.Equal("private", answer.Headers.GetValues("Cache-Control").Single());
        AssertSafe(answer);
    }

    [Fact]
    public async Task A_name_of_any_characters_is_found_under_its_escaped_form()
    {
        await using var rig = await GatewayRig.StartAsync();
        const string Name = "Grüße 50% \"quoted\" #1 ?.txt";
        var url = Open(rig, new MemoryContent(Bytes, Name, "text/plain"));
        using var answer = await rig.SendAsync(HttpMethod.Get, url + Uri.EscapeDataString(Name));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            "inline; filename=\"Gr__e 50_ _quoted_ #1 _.txt\"; "
            + "filename*=UTF-8''Gr%C3%BC%C3%9Fe%2050%25%20%22quoted%22%20#1%20%3F.txt",
            answer.Content.Headers.GetValues("Content-Disposition").Single());
        Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("image/svg+xml")]
    [InlineData("application/xhtml+xml")]
    [InlineData("text/javascript")]
    [InlineData("video/mp4\r\nX: y")]
    public async Task What_could_run_is_handed_over_unseen(string type)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, Open(rig, new MemoryContent(Bytes, "a", type)));
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment; filename=\"a\"", answer.Content.Headers.GetValues("Content-Disposition").Single());
        AssertSafe(answer);
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=990-", 990, 10)]
    [InlineData("bytes=990-5000", 990, 10)]
    [InlineData("bytes=0-9223372036854775807", 0, 1_000)]
    [InlineData("bytes=-7", 993, 7)]
    [InlineData("bytes=-5000", 0, 1_000)]
    public async Task One_range_is_sent_as_a_part(string range, int offset, int count)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, OpenBytes(rig), ("Range", range));
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal($"bytes {offset}-{offset + count - 1}/1000", answer.Content.Headers.ContentRange!.ToString());
        Assert.Equal(count, answer.Content.Headers.ContentLength);
        Assert.Equal(Bytes[offset..(offset + count)], await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory]
    [InlineData("bytes=0-1,5-6")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=x")]
    [InlineData("bytes=99999999999999999999-")]
    [InlineData("lines=0-1")]
    public async Task Other_ranges_get_the_whole_file(string range)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, OpenBytes(rig), ("Range", range));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Bytes, await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory]
    [InlineData("bytes=1000-")]
    [InlineData("bytes=5000-6000")]
    [InlineData("bytes=-0")]
    public async Task A_range_past_the_end_is_not_satisfiable(string range)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, OpenBytes(rig), ("Range", range));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
        Assert.Equal("bytes */1000", answer.Content.Headers.ContentRange!.ToString());
    }

    [Fact]
    public async Task An_empty_file_is_sent_whole()
    {
        await using var rig = await GatewayRig.StartAsync();
        var url = Open(rig, new MemoryContent([], "empty", "text/plain"));
        using var whole = await rig.SendAsync(HttpMethod.Get, url, ("Range", "bytes=-5"));
        using var past = await rig.SendAsync(HttpMethod.Get, url, ("Range", "bytes=0-"));
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal(0, whole.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, past.StatusCode);
    }

    [Fact]
    public async Task If_Range_holds_only_for_the_same_file()
    {
        await using var rig = await GatewayRig.StartAsync();
        var content = new MemoryContent(Bytes, "a", "text/plain");
        var url = Open(rig, content);
        var range = ("Range", "bytes=0-9");
        using var same = await rig.SendAsync(HttpMethod.Get, url, range, ("If-Range", $"\"{content.EntityTag}\""));
        using var weak = await rig.SendAsync(HttpMethod.Get, url, range, ("If-Range", $"W/\"{content.EntityTag}\""));
        using var other = await rig.SendAsync(HttpMethod.Get, url, range, ("If-Range", "\"other\""));
        using var date = await rig.SendAsync(
            HttpMethod.Get, url, range, ("If-Range", "Sat, 01 Jan 2000 00:00:00 GMT"));
        Assert.Equal(
            [HttpStatusCode.PartialContent, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK],
            new[] { same, weak, other, date }.Select(answer => answer.StatusCode));
    }

    [Fact]
    public async Task Who_has_the_file_is_told_so()
    {
        await using var rig = await GatewayRig.StartAsync();
        var content = new MemoryContent(Bytes, "a", "text/plain");
        var url = Open(rig, content);
        using var same = await rig.SendAsync(
            HttpMethod.Get, url, ("If-None-Match", $"\"x\", W/\"{content.EntityTag}\""), ("Range", "bytes=0-1"));
        using var any = await rig.SendAsync(HttpMethod.Get, url, ("If-None-Match", "*"));
        using var other = await rig.SendAsync(HttpMethod.Get, url, ("If-None-Match", "\"x\""));
        using var failed = await rig.SendAsync(HttpMethod.Get, url, ("If-Match", "\"x\""));
        Assert.Equal(
            [304, 304, 200, 412],
            new[] { same, any, other, failed }.Select(answer => (int)answer.StatusCode));
        Assert.Equal($"\"{content.EntityTag}\"", same.Headers.ETag!.ToString());
        Assert.Empty(await same.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Head_tells_the_length_and_sends_nothing()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Head, OpenBytes(rig), ("Range", "bytes=0-1"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Other_paths_and_methods_are_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        var url = OpenBytes(rig);
        using var path = await rig.SendAsync(HttpMethod.Get, url + "favicon.ico");
        using var method = await rig.SendAsync(HttpMethod.Delete, url);
        Assert.Equal(HttpStatusCode.NotFound, path.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, method.StatusCode);
        Assert.Equal(["GET", "HEAD"], method.Content.Headers.Allow);
        AssertSafe(path);
    }

    [Theory]
    [InlineData(ContentFault.NotFound, HttpStatusCode.NotFound)]
    [InlineData(ContentFault.TooFewShares, HttpStatusCode.ServiceUnavailable)]
    [InlineData(ContentFault.VerificationFailed, HttpStatusCode.BadGateway)]
    [InlineData(ContentFault.Denied, HttpStatusCode.Forbidden)]
    public async Task Content_that_cannot_be_had_has_a_status_of_its_own(ContentFault fault, HttpStatusCode status)
    {
        await using var rig = await GatewayRig.StartAsync();
        var unopened = rig.Library.Add(1, () => throw new ContentUnavailableException(fault, "secret-detail"));
        var unread = new MemoryContent(Bytes, "a", "text/plain")
        {
            Failure = new ContentUnavailableException(fault, "secret-detail"),
        };
        foreach (var url in new[] { rig.Site.Open(unopened, SocksIsolation.WithoutCredential), Open(rig, unread) })
        {
            using var answer = await rig.SendAsync(HttpMethod.Get, url, ("Range", "bytes=5-9"));
            var text = await answer.Content.ReadAsStringAsync(Token);
            Assert.Equal(status, answer.StatusCode);
            Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
            Assert.DoesNotContain("secret-detail", text, StringComparison.Ordinal);
            Assert.Equal(fault == ContentFault.TooFewShares, answer.Headers.RetryAfter is not null);
            Assert.Null(answer.Headers.ETag);
            Assert.Null(answer.Content.Headers.ContentRange);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_in_the_middle_cuts_the_transfer_off(bool isForeseen)
    {
        await using var rig = await GatewayRig.StartAsync();
        var headersRead = new TaskCompletionSource();
        var content = new MemoryContent(Bytes, "a", "text/plain")
        {
            BytesBeforeFailure = 600,
            Pause = headersRead.Task,
            Failure = isForeseen
                ? new ContentUnavailableException(ContentFault.TooFewShares, "secret-detail")
                : new InvalidOperationException("secret-detail"),
        };
        using var answer = await rig.SendAsync(HttpMethod.Get, Open(rig, content));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Bytes.Length, answer.Content.Headers.ContentLength);
        headersRead.SetResult();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.Content.ReadAsByteArrayAsync(Token));
        Assert.DoesNotContain(rig.Logs.Lines, line => line.Contains("secret-detail", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_large_file_arrives_whole_and_is_opened_once()
    {
        await using var rig = await GatewayRig.StartAsync();
        var bytes = new byte[5_000_000];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(index * 7 % 253);
        }

        var url = Open(rig, new MemoryContent(bytes, "a", "video/webm"));
        var copies = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var answer = await rig.SendAsync(HttpMethod.Get, url);
            return await answer.Content.ReadAsByteArrayAsync(Token);
        }));
        Assert.All(copies, copy => Assert.Equal(bytes, copy));
        var group = Assert.Single(rig.Library.Openings);
        Assert.StartsWith("socks/fetch/", group.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "video", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", "iframe", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "no-cors", "image", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", "document", HttpStatusCode.OK)]
    [InlineData("same-origin", "no-cors", "video", HttpStatusCode.OK)]
    [InlineData("none", "navigate", "document", HttpStatusCode.OK)]
    public async Task Only_a_person_may_come_from_another_site(
        string site,
        string mode,
        string destination,
        HttpStatusCode status)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(
            HttpMethod.Get,
            OpenBytes(rig),
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination));
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Another_origin_is_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        var url = OpenBytes(rig);
        using var other = await rig.SendAsync(HttpMethod.Get, url, ("Origin", "http://open.veil"));
        using var opaque = await rig.SendAsync(HttpMethod.Get, url, ("Origin", "null"));
        using var own = await rig.SendAsync(HttpMethod.Get, url, ("Origin", url.TrimEnd('/')));
        Assert.Equal(
            [HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.OK],
            new[] { other, opaque, own }.Select(answer => answer.StatusCode));
    }

    private static string OpenBytes(GatewayRig rig) => Open(rig, new MemoryContent(Bytes, "a", "text/plain"));

    private static string Open(GatewayRig rig, ContentObject content) =>
        rig.Site.Open(rig.Library.Add(7, content), SocksIsolation.WithoutCredential);

    private static void AssertSafe(HttpResponseMessage answer)
    {
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }
}
