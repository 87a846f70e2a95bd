using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Directory.Paths;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Which group gives way when a client has as many as it may (spec/circuit.md, section 6).</summary>
public sealed class TrunkRoomTests
{
    private static readonly TimeSpan _aWhile = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task One_that_carries_something_stays_though_others_were_asked_for_a_branch_since()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var pool = Pool(rig, time);
        var download = await OpenAsync(rig, pool, "download");
        time.Advance(_aWhile);
        var idle = await OpenAsync(rig, pool, "idle");
        time.Advance(_aWhile);
        await EchoedAsync(download);

        var next = await OpenAsync(rig, pool, "next");

        Assert.True(idle.Branch.IsClosed);
        Assert.False(download.Branch.IsClosed);
        await EchoedAsync(download);
        await EchoedAsync(next);
    }

    [Fact]
    public async Task One_that_waits_for_an_answer_stays_though_another_carried_something_since()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var pool = Pool(rig, time);
        var asking = await OpenAsync(rig, pool, "asking");
        asking.Branch.Await(1);
        time.Advance(_aWhile / 10);
        var other = await OpenAsync(rig, pool, "other");
        await EchoedAsync(other);

        await OpenAsync(rig, pool, "next");

        Assert.False(asking.Branch.IsClosed);
        Assert.True(other.Branch.IsClosed);
    }

    [Fact]
    public async Task One_without_a_branch_goes_first()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var pool = Pool(rig, time);
        var idle = await OpenAsync(rig, pool, "idle");
        time.Advance(_aWhile);
        var done = await OpenAsync(rig, pool, "done");
        done.Branch.Close();

        await OpenAsync(rig, pool, "next");

        Assert.False(idle.Branch.IsClosed);
    }

    [Fact]
    public async Task A_quiet_stream_to_an_exit_stays_though_a_connection_to_a_store_was_used_since()
    {
        var time = RiggedView.Time();
        await using var rig = new RelayRig(8, time: time);
        using var pool = Pool(rig, time);
        var quiet = await OpenAsync(rig, pool, "quiet", TrunkPurpose.Interactive);
        time.Advance(_aWhile);
        var store = await OpenAsync(rig, pool, "store");
        await EchoedAsync(store);

        await OpenAsync(rig, pool, "next");

        Assert.False(quiet.Branch.IsClosed);
        Assert.True(store.Branch.IsClosed);
    }

    private static async Task<(ClientBranch Branch, CircuitStream Stream)> OpenAsync(
        RelayRig rig, TrunkPool pool, string group, TrunkPurpose purpose = TrunkPurpose.Fetch)
    {
        var branch = await pool.BranchAsync(group, purpose, rig.Relays[^1].Place.Id, RelayRig.Token);
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

    // No trunk is built beside the tests': the clock that they move on would be its time limit.
    private static TrunkPool Pool(RelayRig rig, ManualTime time) => new(
        rig.Client, rig.ClientLinks, RiggedView.Of(rig, time), new TrunkOptions { MaxGroups = 2, Spares = 0 });
}
