using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Veil.EndToEnd.Clients;

/// <summary>
/// A headless Chromium behind a gateway's SOCKS port, told what to do by its DevTools protocol over pipes. Disposing
/// ends it.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    // What ends a message.
    private const char End = '\0';

    private readonly Process _process;
    private readonly char[] _piece = new char[1 << 16];
    private string _received = "";
    private int _commands;

    private Chromium(Process process) => _process = process;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one with a profile of its own.</summary>
    internal static Chromium Start(string program, string profile, string socks)
    {
        // It takes commands from its descriptor 3 and answers on 4. Root's has no sandbox; autoplay as after a click.
        var process = ToolProcess.StartTalking(
            "sh", "-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", program,
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--autoplay-policy=no-user-gesture-required",
            "--remote-debugging-pipe", $"--user-data-dir={profile}", $"--proxy-server=socks5://{socks}",
            "about:blank");
        return new Chromium(process);
    }

    /// <summary>Opens a page of its own.</summary>
    /// <returns>The session in which it is spoken to.</returns>
    internal async Task<string> OpenAsync(string url)
    {
        var target = await SendAsync(null, "Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await SendAsync(
            null,
            "Target.attachToTarget",
            new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
        var session = attached["sessionId"]!.GetValue<string>();

        // Answered when the page has come, not before: what is asked from then on, the page answers.
        await SendAsync(session, "Page.enable", []);
        var gone = await SendAsync(session, "Page.navigate", new JsonObject { ["url"] = url });
        Assert.True(gone["errorText"] is null, gone.ToJsonString());
        return session;
    }

    /// <summary>What an expression of JavaScript gives, promises waited for.</summary>
    internal async Task<JsonNode?> EvaluateAsync(string session, string expression)
    {
        var answer = await SendAsync(
            session,
            "Runtime.evaluate",
            new JsonObject
            {
                ["expression"] = expression,
                ["awaitPromise"] = true,
                ["returnByValue"] = true,
            });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"];
    }

    /// <summary>What is on the screen, as PNG.</summary>
    internal async Task<byte[]> PhotographAsync(string session)
    {
        var answer = await SendAsync(session, "Page.captureScreenshot", []);
        return Convert.FromBase64String(answer["data"]!.GetValue<string>());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private async Task<JsonNode> SendAsync(string? session, string method, JsonObject parameters)
    {
        var number = ++_commands;
        var command = new JsonObject { ["id"] = number, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            command["sessionId"] = session;
        }

        await _process.StandardInput.WriteAsync((command.ToJsonString() + End).AsMemory(), Token);
        await _process.StandardInput.FlushAsync(Token);
        while (true)
        {
            // Between them come events, which nobody here waits for.
            var message = await ReceiveAsync();
            if (message["id"]?.GetValue<int>() == number)
            {
                return message["result"] ?? throw new IOException(
                    string.Create(CultureInfo.InvariantCulture, $"{method}: {message.ToJsonString()}"));
            }
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        var end = -1;
        while ((end = _received.IndexOf(End)) < 0)
        {
            var count = await _process.StandardOutput.ReadAsync(_piece, Token);
            _received += count > 0 ? new string(_piece, 0, count) : throw new IOException("Chromium ended");
        }

        var message = _received[..end];
        _received = _received[(end + 1)..];
        return JsonNode.Parse(message)!;
    }
}
