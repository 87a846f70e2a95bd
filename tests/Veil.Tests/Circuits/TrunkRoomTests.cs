using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Directory.Paths;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Which group gives way when a client has as many as it may (spec/circuit.md, section 6).</summary>
public sealed class TrunkRoomTests : IAsyncDisposable
{
    private static readonly TimeSpan _aWhile = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = RiggedView.Time();
    private readonly RelayRig _rig;
    private readonly TrunkPool _pool;

    public TrunkRoomTests()
    {
        _rig = new RelayRig(8, time: _time);

        // No trunk is built beside the tests': the clock that they move on would be its time limit.
        _pool = new TrunkPool(
            _rig.Client,
            _rig.ClientLinks,
            RiggedView.Of(_rig, _time),
            new TrunkOptions { MaxGroups = 2, Spares = 0 });
    }

    public async ValueTask DisposeAsync()
    {
        _pool.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task One_that_carries_something_stays_though_others_were_asked_for_a_branch_since()
    {
        var download = await OpenAsync("download");
        _time.Advance(_aWhile);
        var idle = await OpenAsync("idle");
        _time.Advance(_aWhile);
        await EchoedAsync(download);

        var next = await OpenAsync("next");

        Assert.True(idle.Branch.IsClosed);
        Assert.False(download.Branch.IsClosed);
        await EchoedAsync(download);
        await EchoedAsync(next);
    }

    [Fact]
    public async Task One_that_waits_for_an_answer_stays_though_another_carried_something_since()
    {
        var asking = await OpenAsync("asking");
        asking.Branch.Await(1);
        _time.Advance(_aWhile / 10);
        var other = await OpenAsync("other");
        await EchoedAsync(other);

        await OpenAsync("next");

        Assert.False(asking.Branch.IsClosed);
        Assert.True(other.Branch.IsClosed);
    }

    [Fact]
    public async Task One_without_a_branch_goes_first()
    {
        var idle = await OpenAsync("idle");
        _time.Advance(_aWhile);
        var done = await OpenAsync("done");
        done.Branch.Close();

        await OpenAsync("next");

        Assert.False(idle.Branch.IsClosed);
    }

    [Fact]
    public async Task A_quiet_stream_to_an_exit_stays_though_a_connection_to_a_store_was_used_since()
    {
        var quiet = await OpenAsync("quiet", TrunkPurpose.Interactive);
        _time.Advance(_aWhile);
        var store = await OpenAsync("store");
        await EchoedAsync(store);

        await OpenAsync("next");

        Assert.False(quiet.Branch.IsClosed);
        Assert.True(store.Branch.IsClosed);
    }

    private async Task<(ClientBranch Branch, CircuitStream Stream)> OpenAsync(
        string group, TrunkPurpose purpose = TrunkPurpose.Fetch)
    {
        var branch = await _pool.BranchAsync(group, purpose, _rig.Relays[^1].Place.Id, RelayRig.Token);
        var open = (branch, branch.Open(ServiceId.Store));

        // Windows grow at the first use: what that sends has come when a second answer has.
        await EchoedAsync(open);
        await EchoedAsync(open);
        return open;
    }

    private static async Task EchoedAsync((ClientBranch Branch, CircuitStream Stream) open)
    {
        await open.Stream.Output.WriteAsync("a"u8.ToArray(), RelayRig.Token);
        var result = await open.Stream.Input.ReadAtLeastAsync(1, RelayRig.Token);
        Assert.Equal(1, result.Buffer.Length);
        open.Stream.Input.AdvanceTo(result.Buffer.End);
    }
}
