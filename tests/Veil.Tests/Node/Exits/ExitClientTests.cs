using System.Collections.Concurrent;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Directory.Paths;
using Veil.Node.Exits;
using Veil.Noise.Seams;
using Veil.Tests.Circuits;
using Veil.Tests.Rig;
using Veil.Wire;
using Veil.Wire.Exits;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.Tests.Node.Exits;

/// <summary>A client among exits that take different things: its groups stay where they are (spec/exit.md, section 7).
/// </summary>
public sealed class ExitClientTests : IAsyncLifetime
{
    private const int Relays = 8;
    private const int StreamsAtExit = 2;
    private const ushort Web = 443;
    private const ushort Mail = 993;

    private static readonly IsolationGroup _group = new("a");
    private static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(20);

    private readonly ManualTime _time = RiggedView.Time();
    private readonly RelayRig _rig;
    private readonly NetworkView _view;
    private readonly TrunkPool _trunks;
    private readonly ExitClient _client;
    private readonly ConcurrentQueue<RelayId> _asked = [];
    // No answer at all, when null.
    private Func<RelayId, ushort, ExitAnswer?> _answer = (_, _) => ExitAnswer.Connected;

    public ExitClientTests()
    {
        _rig = new RelayRig(
            Relays, new CircuitOptions { MaxStreams = StreamsAtExit }, _time, client: new CircuitOptions())
        {
            Exit = ServeAsync,
        };
        _view = RiggedView.Of(_rig, _time, exits: 3);
        _trunks = new TrunkPool(_rig.Client, _rig.ClientLinks, _view, new TrunkOptions());
        _client = new ExitClient(
            _trunks, _view, _rig.Client.Options.MaxStreams, (_time, new SystemDecisionSource()));
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _trunks.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_port_that_the_exit_refuses_goes_to_another_and_the_group_stays()
    {
        var web = Assert.Single(await AskAsync(Web));
        _answer = (exit, port) => exit == web && port == Mail ? ExitAnswer.Policy : ExitAnswer.Connected;

        var asked = await AskAsync(Mail);

        Assert.Equal(2, asked.Length);
        Assert.Equal(web, asked[0]);
        Assert.NotEqual(web, asked[1]);
        for (int time = 0; time < 5; time++)
        {
            Assert.Equal([web], await AskAsync(Web));
            Assert.Equal([asked[1]], await AskAsync(Mail));
        }
    }

    [Theory]
    [InlineData(ExitAnswer.Failed)]
    [InlineData(ExitAnswer.Busy)]
    internal async Task A_target_that_no_exit_reaches_does_not_move_the_group(ExitAnswer answer)
    {
        var first = Assert.Single(await AskAsync(Web));
        _answer = (_, port) => port == Mail ? answer : ExitAnswer.Connected;

        Assert.Equal(3, (await AskAsync(Mail, answer)).Distinct().Count());

        Assert.Equal([first], await AskAsync(Web));
    }

    [Fact]
    public async Task More_streams_than_the_exit_allows_on_a_branch_go_to_the_same_exit()
    {
        var first = Assert.Single(await AskAsync(Web));
        for (int stream = 1; stream <= 2 * StreamsAtExit; stream++)
        {
            Assert.Equal([first], await AskAsync(Web));
        }
    }

    [Fact]
    public async Task An_exit_that_resets_what_it_is_asked_is_busy_and_the_group_stays()
    {
        var first = Assert.Single(await AskAsync(Web));
        _answer = (exit, port) => exit == first && port == Mail
            ? throw new StreamResetException(CloseReason.ResourceLimit)
            : ExitAnswer.Connected;

        var asked = await AskAsync(Mail);

        Assert.Equal([first, first], asked[..^1]);
        Assert.NotEqual(first, asked[^1]);
        Assert.Equal([first], await AskAsync(Web));
    }

    [Fact]
    public async Task An_exit_that_stands_still_is_left()
    {
        var first = Assert.Single(await AskAsync(Web));
        _answer = (exit, port) => exit == first && port == Mail ? null : ExitAnswer.Connected;
        var asking = AskAsync(Mail);
        await _time.WhenSetAsync(_answerLimit, RelayRig.Token);

        _time.Advance(_answerLimit);

        Assert.NotEqual(first, (await asking)[^1]);
        Assert.NotEqual(first, Assert.Single(await AskAsync(Web)));
    }

    /// <summary>The exits that saw the request, in turn.</summary>
    private async Task<RelayId[]> AskAsync(ushort port, ExitAnswer expected = ExitAnswer.Connected)
    {
        _asked.Clear();
        var (answer, stream) = await _client.ConnectAsync(
            ExitTarget.Of("some.example", port), _group, RelayRig.Token);
        Assert.Equal(expected, answer);
        Assert.Equal(expected == ExitAnswer.Connected, stream is not null);
        return [.. _asked];
    }

    // What is connected stays open: a branch that carries nothing could be closed.
    private async Task ServeAsync(RelayId exit, CircuitStream stream)
    {
        var target = await RequestAsync(stream);
        _asked.Enqueue(exit);
        ExitAnswer? answer;
        try
        {
            answer = _answer(exit, target.Port);
        }
        catch (StreamResetException)
        {
            stream.Reset();
            return;
        }

        if (answer is null)
        {
            return;
        }

        await stream.Output.WriteAsync(new[] { (byte)answer });
        if (answer == ExitAnswer.Connected)
        {
            return;
        }

        await stream.Output.CompleteAsync();
        await stream.Input.ReadAsync();
        await stream.Input.CompleteAsync();
    }

    private static async Task<ExitTarget> RequestAsync(CircuitStream stream)
    {
        while (true)
        {
            var read = await stream.Input.ReadAsync();
            var buffer = read.Buffer;
            var status = ExitTarget.TryRead(ref buffer, out var target);
            stream.Input.AdvanceTo(buffer.Start, buffer.End);
            if (status == ExitRequestStatus.Whole)
            {
                return target!;
            }
        }
    }
}
