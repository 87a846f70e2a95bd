using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Veil.Content.Edge;
using Veil.Gateway;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>The open page over real loopback and SOCKS: spec/gateway.md, section 4.</summary>
public sealed class OpenEndpointTests
{
    private const string Page = "http://open.veil/";
    private const string OpenUrl = "http://open.veil/open";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_runs_its_own_script_and_loads_nothing()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await rig.SendAsync(HttpMethod.Get, Page);
        var html = await answer.Content.ReadAsStringAsync(Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            $"default-src 'none'; script-src {HashOf(html, "script")}; style-src {HashOf(html, "style")}; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("no-store", answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain", "{0}")]
    [InlineData("text/plain; charset=utf-8", "  {0}\r\n")]
    [InlineData("application/json", "{{\"key\":\"{0}\"}}")]
    public async Task A_key_is_opened_at_an_origin_of_its_own(string type, string form)
    {
        await using var rig = await GatewayRig.StartAsync();
        var film = new MemoryContent([1, 2, 3], "my film.mp4", "video/mp4");
        var key = rig.Library.Add(1, film);
        using var answer = await PostAsync(rig, string.Format(form, key.Format()), type);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var url = (await ReadAsync(answer)).GetProperty("url").GetString()!;
        Assert.Matches("^http://[a-z2-7]{32}\\.veil/my%20film\\.mp4$", url);
        Assert.Equal(1, film.ReadsAhead);
        using var file = await rig.SendAsync(HttpMethod.Get, url);
        Assert.Equal([1, 2, 3], await file.Content.ReadAsByteArrayAsync(Token));
        Assert.Single(rig.Library.Openings);
        Assert.Equal(1, film.ReadsAhead);
    }

    [Theory]
    [InlineData("veil:abc", "text/plain", 400, "bad_key")]
    [InlineData("", "text/plain", 400, "bad_key")]
    [InlineData("abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.veil", "text/plain", 400, "bad_name")]
    [InlineData("{\"key\":1}", "application/json", 400, "bad_request")]
    [InlineData("[\"veil:\"]", "application/json", 400, "bad_request")]
    [InlineData("{\"key\":\"\\ud800\"}", "application/json", 400, "bad_request")]
    [InlineData("{", "application/json", 400, "bad_request")]
    [InlineData("key=veil:abc", "application/x-www-form-urlencoded", 415, "wrong_type")]
    public async Task What_is_no_key_is_explained(string body, string type, int status, string code)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await PostAsync(rig, body, type);
        await AssertErrorAsync(answer, status, code);
        Assert.Empty(rig.Library.Openings);
    }

    [Fact]
    public async Task A_mistyped_key_is_told_from_one_that_is_not_found()
    {
        await using var rig = await GatewayRig.StartAsync();
        var text = Library.Key(1).Format();
        using var mistyped = await PostAsync(rig, text[..^1] + (text[^1] == 'a' ? 'b' : 'a'), "text/plain");
        using var missing = await PostAsync(rig, text, "text/plain");
        await AssertErrorAsync(mistyped, 400, "bad_key");
        await AssertErrorAsync(missing, 404, "not_found");
    }

    [Theory]
    [InlineData(ContentFault.TooFewShares, 503, "too_few_shares")]
    [InlineData(ContentFault.VerificationFailed, 502, "verification_failed")]
    [InlineData(ContentFault.Denied, 403, "denied")]
    public async Task Content_that_cannot_be_had_is_explained(ContentFault fault, int status, string code)
    {
        await using var rig = await GatewayRig.StartAsync();
        var key = rig.Library.Add(1, () => throw new ContentUnavailableException(fault, "secret-detail"));
        using var answer = await PostAsync(rig, key.Format(), "text/plain");
        await AssertErrorAsync(answer, status, code);
        Assert.Equal(status == 503, answer.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task A_fault_of_the_node_is_explained_without_its_detail()
    {
        await using var rig = await GatewayRig.StartAsync();
        var key = rig.Library.Add(1, () => throw new InvalidOperationException("secret-detail"));
        using var answer = await PostAsync(rig, key.Format(), "text/plain");
        await AssertErrorAsync(answer, 500, "internal");
        Assert.Contains(rig.Logs.Lines, line => line.Contains("InvalidOperationException", StringComparison.Ordinal));
        Assert.DoesNotContain(rig.Logs.Lines, line => line.Contains("secret-detail", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_long_body_is_refused(bool isChunked)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, OpenUrl)
        {
            Content = new StringContent(new string('a', 4_097), Encoding.ASCII, "text/plain"),
        };
        request.Headers.TransferEncodingChunked = isChunked;
        using var answer = await rig.SendAsync(request);
        await AssertErrorAsync(answer, 413, "too_large");
    }

    [Theory]
    [InlineData("Origin", "http://example.com", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "https://open.veil", 403)]
    [InlineData("Origin", "http://open.veil", 404)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 404)]
    public async Task Only_the_page_itself_may_post(string header, string value, int status)
    {
        await using var rig = await GatewayRig.StartAsync();
        using var answer = await PostAsync(rig, Library.Key(1).Format(), "text/plain", (header, value));
        await AssertErrorAsync(answer, status, status == 403 ? "forbidden" : "not_found");
        Assert.Equal(status == 404, rig.Library.Openings.Count == 1);
    }

    [Fact]
    public async Task Other_paths_and_methods_are_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var path = await rig.SendAsync(HttpMethod.Get, Page + "favicon.ico");
        using var get = await rig.SendAsync(HttpMethod.Get, OpenUrl);
        using var post = await rig.SendAsync(HttpMethod.Post, Page);
        Assert.Equal(HttpStatusCode.NotFound, path.StatusCode);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (get.StatusCode, get.Content.Headers.Allow.Single()));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }

    [Fact]
    public async Task When_all_files_are_being_read_the_next_waits()
    {
        await using var rig = await GatewayRig.StartAsync(new GatewayOptions { MaxOpenFiles = 1 });
        var opening = new TaskCompletionSource<ContentObject>();
        var started = new TaskCompletionSource();
        var slow = rig.Library.Add(1, () =>
        {
            started.SetResult();
            return opening.Task;
        });
        var first = PostAsync(rig, slow.Format(), "text/plain");
        await started.Task.WaitAsync(Token);
        using var busy = await PostAsync(rig, Library.Key(2).Format(), "text/plain");
        await AssertErrorAsync(busy, 503, "busy");
        opening.SetResult(new MemoryContent([1], "a", "text/plain"));
        using var done = await first;
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(
        GatewayRig rig,
        string body,
        string type,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, OpenUrl)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.Add("Content-Type", type);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await rig.SendAsync(request);
    }

    private static async Task AssertErrorAsync(HttpResponseMessage answer, int status, string code)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        var error = (await ReadAsync(answer)).GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("hint").GetString()!);
        Assert.DoesNotContain("secret-detail", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("veil:aaaa", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) =>
        JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsByteArrayAsync(Token));

    private static string HashOf(string html, string element)
    {
        var text = Regex.Match(html, $"<{element}>(.*)</{element}>", RegexOptions.Singleline).Groups[1].Value;
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
    }
}
