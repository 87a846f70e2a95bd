using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Veil.EndToEnd.Testnet;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>A network with exits; curl reaches a web server of this machine through it (spec/exit.md).</summary>
[Collection(RunningTestnet.Collection)]
public sealed class ExitTests : IAsyncLifetime
{
    private readonly TcpTransport _transport = new();
    private readonly RunningTestnet _network = new()
    {
        Shape = ["--authorities", "3", "--relays", "6", "--stores", "1", "--exits", "2"],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _network.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _transport.Dispose();
    }

    [Fact]
    public async Task Curl_fetches_from_the_internet_through_an_exit_and_hears_why_it_cannot()
    {
        var page = TestnetTests.Bytes(3_000_001);
        await using var web = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);
        var place = (IPEndPoint)web.EndPoint;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var serving = ServeAsync(web, page, stopping.Token);

        var fetched = Path.Combine(_network.Folder, "page");
        Assert.Equal((0, ""), await CurlAsync($"http://{place}/", fetched));
        Assert.Equal(page, await File.ReadAllBytesAsync(fetched, Token));

        // A relay's own port is no way out, and a name of another network is not looked up.
        var relay = _network.Node("relay1");
        var link = $"{relay.GetProperty("address")}:{relay.GetProperty("ports").GetProperty("link")}";
        Assert.Contains("(2)", (await CurlAsync($"http://{link}/", fetched)).Said, StringComparison.Ordinal);
        Assert.Contains("(2)", (await CurlAsync("http://a.onion/", fetched)).Said, StringComparison.Ordinal);
        stopping.Cancel();
        await serving;
        await web.UnbindAsync(Token);
        await web.DisposeAsync();
        Assert.Contains("(5)", (await CurlAsync($"http://{place}/", fetched)).Said, StringComparison.Ordinal);
        var counters = (await RunningTestnet.VeilAsync("status", "--data", _network.Data("gateway1")))
            .GetProperty("counters");
        Assert.Equal(1, counters.GetProperty("socks.exit.connected").GetInt32());
        Assert.Equal(1, counters.GetProperty("socks.exit.policy").GetInt32());
        Assert.Equal(1, counters.GetProperty("socks.exit.refused").GetInt32());
    }

    private async Task<(int ExitCode, string Said)> CurlAsync(string url, string copy)
    {
        var socks = _network.Node("gateway1").GetProperty("ports").GetProperty("socks").GetInt32();
        var result = await ToolProcess.RunProgramAsync(
            "curl", "--silent", "--show-error", "--fail", "--max-time", "60",
            "--proxy", $"socks5h://127.0.0.1:{socks}", "--output", copy, url);
        return (result.ExitCode, result.Errors);
    }

    private static async Task ServeAsync(IConnectionListener web, byte[] page, CancellationToken cancellationToken)
    {
        try
        {
            while (await web.AcceptAsync(cancellationToken) is { } connection)
            {
                await using (connection)
                {
                    var (input, output) = (connection.Transport.Input, connection.Transport.Output);
                    var request = await input.ReadAtLeastAsync(4, cancellationToken);
                    input.AdvanceTo(request.Buffer.End);
                    var head = $"HTTP/1.0 200 OK\r\nContent-Length: {page.Length}\r\n\r\n";
                    await output.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
                    await output.WriteAsync(page, cancellationToken);
                    await output.CompleteAsync();
                    await input.ReadAtLeastAsync(1, cancellationToken);
                    await input.CompleteAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The web server is switched off.
        }
    }
}
