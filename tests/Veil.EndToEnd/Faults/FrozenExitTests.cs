using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// An exit that stands still holds its connections (spec/limits.md, section 8), and nobody who makes a new one waits
/// for it to move (spec/exit.md, section 7).
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class FrozenExitTests : IAsyncLifetime
{
    private const string Gateway = "gateway1";
    private const int ContentBytes = 32 << 20;
    private const int FirstBytes = 1 << 20;

    // 20 s for the exit that stands still, and a way to the other one.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(40);
    private static readonly string[] _exits = ["exit1", "exit2"];

    private readonly RunningTestnet _network = new()
    {
        Shape = ["--authorities", "3", "--relays", "6", "--stores", "1", "--exits", "2"],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => _network.InitializeAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task A_new_connection_goes_around_it_and_the_old_one_goes_on_when_it_is_thawed()
    {
        var content = TestnetTests.Bytes(ContentBytes);
        await using var server = await TargetServer.StartAsync(content);
        using var held = Transfer.Start(_network, Gateway, server.EndPoint, content.Length);
        await server.AcceptAsync(Token);
        await held.ReadAsync(FirstBytes);
        var exit = ProcessTable.Find(_network.Id, Part.Node, await UsedAsync())!;

        Assert.True(Signals.Send(exit, Signals.Stop));
        var since = TimeProvider.System.GetTimestamp();
        using (var other = Transfer.Start(_network, Gateway, server.EndPoint, content.Length))
        {
            await server.AcceptAsync(Token).WaitAsync(_limit, TimeProvider.System, Token);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"the other exit connected after {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s");
            Assert.Equal((0, ""), await other.ReadToEndAsync());
            Assert.True(other.Came.SequenceEqual(content), "other bytes");
        }

        Assert.True(Signals.Send(exit, Signals.Continue));
        Assert.Equal((0, ""), await held.ReadToEndAsync());
        Assert.True(held.Came.SequenceEqual(content), "other bytes");
    }

    private async Task<string> UsedAsync()
    {
        foreach (var exit in _exits)
        {
            using var client = new ControlClient(ControlSocket.In(_network.Data(exit)));
            if ((await client.GetStatusAsync(Token)).Counters.ContainsKey("exit.connected"))
            {
                return exit;
            }
        }

        throw new InvalidOperationException("no exit has connected");
    }
}
