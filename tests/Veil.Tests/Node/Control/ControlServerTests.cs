using System.Net;
using System.Text;
using System.Text.Json;
using Veil.Node.Control;
using Veil.Node.Status;
using Veil.Tests.Gateway;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>The control API over its socket, with a real network behind it (spec/control.md).</summary>
public sealed class ControlServerTests(LabHouse house)
{
    private const string FileName = "geheimes Tagebuch.txt";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_is_what_the_contract_says()
    {
        await house.ReadyAsync();
        using var http = Raw();
        using var response = await http.SendAsync(Request(HttpMethod.Get, "status", null), Token);

        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        var status = document.RootElement;
        string[] names =
        [
            "state", "version", "network", "roles", "node_id", "epoch", "relays", "links", "circuits", "streams",
            "memory", "store", "counters",
        ];
        Assert.All(names, name => Assert.True(status.TryGetProperty(name, out _), name));
        Assert.Equal(NodeStatus.Ready, status.GetProperty("state").GetString());
        Assert.Equal(["gateway"], status.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        Assert.Equal(7, status.GetProperty("relays").GetInt32());
        Assert.True(status.GetProperty("memory").GetProperty("budget").GetInt64() > 0);
        Assert.Equal("network_too_small", status.GetProperty("problems")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700_000)]
    public async Task What_is_added_can_be_got_is_listed_and_can_be_forgotten(int length)
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        byte[] sent = Bytes(length);

        var added = await client.AddAsync(FileOf(sent), null, Token);
        using var received = new MemoryStream();
        var got = await client.GetAsync(added.Key, _ => received, Token);

        Assert.Equal((FileName, (long)length), (got.Name, got.Length));
        Assert.Equal(sent, received.ToArray());
        Assert.Equal(added.Shares, added.SharesAcked);
        var listed = Assert.Single((await client.ListAsync(Token)).Publications, entry => entry.Id == added.Id);
        Assert.Equal((added.Key, FileName, (long)length), (listed.Key, listed.Name, listed.Bytes));

        var forgotten = await client.ForgetAsync(length == 0 ? added.Key : added.Id!, Token);
        Assert.Equal(FileName, forgotten.Name);
        Assert.Contains("whoever has the key can read it", forgotten.Note, StringComparison.Ordinal);
        Assert.DoesNotContain((await client.ListAsync(Token)).Publications, entry => entry.Id == added.Id);
        Assert.Equal("not_found", await CodeOfAsync(client.ForgetAsync(added.Id!, Token)));
    }

    [Fact]
    public async Task Progress_comes_while_the_body_still_goes()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        byte[] sent = Bytes(3_000_000);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var file = HalfOf(sent, token => heard.Task.WaitAsync(token));

        var added = await client.AddAsync(file, progress => heard.TrySetResult(), Token);

        Assert.Equal(sent.Length, added.Bytes);
    }

    [Fact]
    public async Task A_client_that_goes_ends_its_publication_and_leaves_room_for_others()
    {
        // Others that add meanwhile would find the house's busy.
        await using var own = await OwnServer.StartAsync(house, Token);
        for (int client = 0; client < LabHouse.MaxPublications + 2; client++)
        {
            using var gone = new CancellationTokenSource();
            using var connection = own.Connect();
            var hanging = connection.AddAsync(HangingFile(gone), null, gone.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        }

        // More than may run at a time have gone: if one of them still ran, the node would be busy, or soon be free.
        using var next = own.Connect();
        await WhileBusyAsync(() => next.AddAsync(FileOf(Bytes(10)), null, Token));
    }

    [Fact]
    public async Task What_the_source_throws_ends_the_publication_and_comes_out_as_it_is()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        var file = new AddFile(FileName, 100_000, (_, _) => throw new InvalidDataException("the disk is torn"));

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => client.AddAsync(file, null, Token));

        Assert.Equal("the disk is torn", thrown.Message);
    }

    [Theory]
    [InlineData(99_999)]
    [InlineData(100_001)]
    public async Task A_body_of_another_length_than_announced_is_not_published(int length)
    {
        await house.ReadyAsync();
        using var client = house.Connect();

        string code = await CodeOfAsync(client.AddAsync(FileOf(Bytes(length)) with { Length = 100_000 }, null, Token));

        Assert.Equal("file_changed", code);
    }

    [Fact]
    public async Task Keys_that_are_mistyped_and_keys_that_nobody_knows_are_told_apart()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        string unknown = Library.Key(4711).Format();

        Assert.Equal("bad_key", await CodeOfAsync(client.GetAsync(unknown[..^1], _ => Stream.Null, Token)));
        Assert.Equal("bad_key", await CodeOfAsync(client.OpenAsync("veil:", Token)));
        Assert.Equal("not_found", await CodeOfAsync(client.GetAsync(unknown, _ => Stream.Null, Token)));
    }

    [Fact]
    public async Task An_error_in_the_middle_of_a_file_reaches_the_client_with_its_code()
    {
        // A network of its own, as its stores lose everything.
        await using var own = new LabHouse();
        await own.ReadyAsync();
        using var client = own.Connect();
        var added = await client.AddAsync(FileOf(Bytes(24_000_000)), null, Token);
        bool begun = false;

        var getting = client.GetAsync(added.Key, _ => new FirstWrite(() =>
        {
            begun = true;
            return own.EmptyStoresAsync();
        }), Token);

        Assert.Equal("too_few_shares", await CodeOfAsync(getting));
        Assert.True(begun);
    }

    [Fact]
    public async Task Open_gives_an_address_without_the_key()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        string key = Library.Key(12).Format();

        string url = await client.OpenAsync(key, Token);

        Assert.Matches("^http://[a-z2-7]{32}\\.veil/$", url);
        Assert.DoesNotContain(key[5..20], url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Denied_content_is_not_opened_and_the_code_says_why()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        string key = Library.Key(666).Format();

        Assert.True(await client.DenyAsync(key, Token));
        Assert.False(await client.DenyAsync(key, Token));
        Assert.Equal("denied", await CodeOfAsync(client.GetAsync(key, _ => Stream.Null, Token)));
    }

    [Fact]
    public async Task Settings_are_listed_and_changed_and_mistakes_are_told()
    {
        await house.ReadyAsync();
        using var client = house.Connect();

        var answer = await client.SetAsync("Limits:Rate", "5MiB", Token);
        Assert.Equal(new SettingAnswer("Limits:Rate", "5MiB", AfterRestart: false), answer);
        Assert.Equal("5MiB", (await client.GetSettingsAsync(Token)).Settings["Limits:Rate"]);
        Assert.Equal("bad_value", await CodeOfAsync(client.SetAsync("Limits:Rate", "wrong", Token)));
        Assert.Equal("overridden", await CodeOfAsync(client.SetAsync("Limits:Rate", "hidden", Token)));
        Assert.Equal("unknown_setting", await CodeOfAsync(client.SetAsync("Limits:Rat", "1", Token)));
    }

    [Theory]
    [InlineData("GET", "nothing", "", HttpStatusCode.NotFound, "no_such_endpoint")]
    [InlineData("GET", "get", "", HttpStatusCode.NotFound, "no_such_endpoint")]
    [InlineData("POST", "get", "{", HttpStatusCode.BadRequest, "bad_request")]
    [InlineData("POST", "get", "[]", HttpStatusCode.BadRequest, "bad_request")]
    [InlineData("POST", "get", "{}", HttpStatusCode.BadRequest, "bad_key")]
    [InlineData("POST", "forget", "{}", HttpStatusCode.BadRequest, "bad_request")]
    [InlineData("POST", "settings", "{\"name\":\"x\"}", HttpStatusCode.BadRequest, "bad_request")]
    [InlineData("POST", "add", "", HttpStatusCode.BadRequest, "bad_request")]
    public async Task Requests_that_are_none_get_an_error(
        string method, string path, string body, HttpStatusCode status, string code)
    {
        await house.ReadyAsync();
        using var http = Raw();

        using var response = await http.SendAsync(
            Request(new HttpMethod(method), path, body.Length == 0 ? null : body), Token);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(code, ErrorCode(await response.Content.ReadAsStringAsync(Token)));
    }

    [Fact]
    public async Task JSON_has_a_bound()
    {
        await house.ReadyAsync();
        using var http = Raw();

        using var response = await http.SendAsync(
            Request(HttpMethod.Post, "open", $"{{\"key\":\"{new string('a', 70_000)}\"}}"), Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("too_large", ErrorCode(await response.Content.ReadAsStringAsync(Token)));
    }

    [Fact]
    public async Task Logs_name_no_key_no_file_and_no_path()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        var added = await client.AddAsync(FileOf(Bytes(1000)), null, Token);
        await client.GetAsync(added.Key, _ => Stream.Null, Token);
        await client.OpenAsync(added.Key, Token);
        await CodeOfAsync(client.GetAsync(Library.Key(31).Format(), _ => Stream.Null, Token));
        await CodeOfAsync(client.AddAsync(FileOf(Bytes(9)) with { Length = 10 }, null, Token));

        string[] secrets = [added.Key[5..25], "Tagebuch", "geheimes", "veil-house-", Library.Key(31).Format()[5..25]];
        Assert.All(house.Logs.Lines, line =>
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, line, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task A_server_that_stops_ends_what_is_under_way_and_takes_its_socket_along()
    {
        await using var own = await OwnServer.StartAsync(house, Token);
        using var client = own.Connect();
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var file = HalfOf(
            Bytes(3_000_000), token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
        var adding = client.AddAsync(file, progress => served.TrySetResult(), Token);

        // Not before: a request that the server has not begun to serve is not under way.
        await await Task.WhenAny(served.Task, adding).WaitAsync(Token);
        await own.Server.DisposeAsync();

        Assert.Equal(ControlClient.Gone, await CodeOfAsync(adding));
        Assert.False(File.Exists(own.SocketPath));
        Assert.Equal(ControlClient.NotRunning, await CodeOfAsync(client.GetStatusAsync(Token)));
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (int index = 0; index < length; index++)
        {
            bytes[index] = unchecked((byte)((index * 31) ^ (index >> 8)));
        }

        return bytes;
    }

    private static AddFile FileOf(byte[] content) => new(FileName, content.Length, new MemoryStream(content).ReadAsync);

    // The rest comes when the wait is over.
    private static AddFile HalfOf(byte[] content, Func<CancellationToken, Task> waitAsync)
    {
        var source = new MemoryStream(content);
        return new AddFile(FileName, content.Length, async (memory, token) =>
        {
            if (source.Position > content.Length / 2)
            {
                await waitAsync(token);
            }

            return await source.ReadAsync(memory, token);
        });
    }

    // Its reader leaves while the node waits for more.
    private static AddFile HangingFile(CancellationTokenSource gone)
    {
        bool first = true;
        return new AddFile(FileName, 1_000_000, async (memory, token) =>
        {
            if (first)
            {
                first = false;
                return 100;
            }

            gone.Cancel();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return 0;
        });
    }

    private static async Task WhileBusyAsync(Func<Task> work)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (await CodeOrNullAsync(work()) is { } code)
        {
            Assert.Equal("busy", code);
            Assert.False(limit.IsCancellationRequested, "the node stays busy");
            await Task.Yield();
        }
    }

    private static async Task<string> CodeOfAsync(Task failing) =>
        (await Assert.ThrowsAsync<ControlException>(() => failing)).Error.Code;

    private static async Task<string?> CodeOrNullAsync(Task work)
    {
        try
        {
            await work;
            return null;
        }
        catch (ControlException told)
        {
            return told.Error.Code;
        }
    }

    private static string? ErrorCode(string json)
    {
        using var document = JsonDocument.Parse(json);
        var error = document.RootElement.GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        Assert.NotEqual("", error.GetProperty("hint").GetString());
        return error.GetProperty("code").GetString();
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string? body) =>
        new(method, $"http://control/v1/{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };

    private HttpMessageInvoker Raw() => new(new SocketsHttpHandler
    {
        ConnectCallback = (_, token) => ControlSocket.ConnectAsync(ControlSocket.In(house.Data), token),
    });

    // Does something when the first bytes arrive, and takes them.
    private sealed class FirstWrite(Func<Task> onFirst) : MemoryStream
    {
        private bool _done;

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default)
        {
            if (!_done)
            {
                _done = true;
                await onFirst();
            }
        }
    }
}
