using System.Net;
using Veil.Circuits;
using Veil.Circuits.Client;
using Veil.Circuits.Limits;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Circuits;

/// <summary>Who may begin a link, and what becomes of one that nobody could be told of (spec/limits.md,
/// section 7).</summary>
public sealed class LinkAdmissionTests
{
    private static readonly IPEndPoint _stranger = new(IPAddress.Parse("192.0.2.1"), 1000);

    [Fact]
    public void Handshakes_count_as_the_links_that_they_may_become()
    {
        var admission = Admission(new NodeLimitValues { MaxLinks = 3 });

        Assert.Equal(CloseReason.None, admission.Enter(_stranger, links: 1));
        Assert.Equal(CloseReason.None, admission.Enter(_stranger, links: 1));
        Assert.Equal(CloseReason.ResourceLimit, admission.Enter(_stranger, links: 1));
        Assert.Equal(2, admission.Pending);

        admission.EndHandshake();
        Assert.Equal(CloseReason.ResourceLimit, admission.Enter(_stranger, links: 2));
        Assert.Equal(CloseReason.None, admission.Enter(_stranger, links: 1));
    }

    [Fact]
    public void Who_is_refused_leaves_nothing_behind()
    {
        var admission = Admission(new NodeLimitValues { MaxPendingLinks = 1 });
        Assert.Equal(CloseReason.None, admission.Enter(_stranger, links: 0));

        Assert.Equal(CloseReason.ResourceLimit, admission.Enter(_stranger, links: 0));
        admission.EndHandshake();
        admission.Leave(_stranger);

        Assert.Equal((0, 0), (admission.Pending, admission.Addresses));
        Assert.Equal(CloseReason.None, admission.Enter(_stranger, links: 0));
    }

    [Fact]
    public async Task A_link_that_its_observer_cannot_take_is_closed_and_nobody_waits_for_it()
    {
        await using var rig = new RelayRig(1);
        await using var pool = new LinkPool(rig.Client, rig.Handshake(), rig.Transport, null)
        {
            OnLink = _ => throw new IOException("no room for a recording"),
        };
        var place = rig.Relays[0].Place;

        await Assert.ThrowsAsync<CircuitFailedException>(() =>
            ClientCircuit.BuildAsync(rig.Client, pool, place.Address, [place.Hop], RelayRig.Token));

        await Eventually.HoldsAsync(() => rig.Faults.Count > 0, "the fault is reported");
        Assert.Equal("no room for a recording", Assert.Single(rig.Faults).InnerException?.Message);
        Assert.Equal(0, pool.Count);
        await Eventually.HoldsAsync(() => rig.Relays[0].Links.Count == 0, "the relay loses the link");
        await Eventually.HoldsAsync(() => rig.Slab.Rented == rig.StaticKeys, "keys are given back");
    }

    private static LinkAdmission Admission(NodeLimitValues values) => new(new NodeLimits(values));
}
