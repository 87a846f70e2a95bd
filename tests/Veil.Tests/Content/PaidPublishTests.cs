using Veil.Content.Publishing;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Publishing to stores that ask for stamps (spec/stamp.md, section 5).</summary>
public sealed class PaidPublishTests
{
    private const int FileBytes = 40 * 32_768;

    private readonly ContentRig _rig = new(stores: 30);

    [Fact]
    public async Task What_stores_ask_is_paid()
    {
        foreach (var store in _rig.Stores.Ring.Stores) _rig.Stores.Ask(store, 8);
        var content = ContentRig.Bytes(FileBytes);

        var publication = await _rig.PublishAsync(content);

        Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
        Assert.Equal(content, await _rig.FetchAsync(publication.Key));
    }

    [Fact]
    public async Task A_store_that_asks_too_much_is_passed_over()
    {
        RelayId[] dear = [.. _rig.Stores.Ring.Stores.Take(5)];
        var gates = dear.Select(store => _rig.Stores.Ask(store, 4097)).ToArray();
        var content = ContentRig.Bytes(FileBytes);

        var publication = await _rig.PublishAsync(content);

        Assert.Equal(publication.Counts.Shares, publication.Counts.SharesAcknowledged);
        Assert.DoesNotContain(_rig.Stores.Holdings, held => dear.Contains(held.Store));
        Assert.All(gates, gate => Assert.InRange(gate.Unpaid, 1, 200));
        Assert.Equal(content, await _rig.FetchAsync(publication.Key));
    }

    [Fact]
    public void Where_all_ask_too_much_the_publication_fails_and_says_so()
    {
        foreach (var store in _rig.Stores.Ring.Stores) _rig.Stores.Ask(store, 4097);
        foreach (var store in _rig.Stores.Ring.Stores.Take(3)) _rig.Stores.Set(store, StoreMood.Full);
        Pump.Run(_rig.Time, async () =>
        {
            var fault = await Assert.ThrowsAsync<PublishException>(
                () => _rig.PublishAsync(ContentRig.Bytes(FileBytes)));

            Assert.Equal(PublishFault.StoresFull, fault.Fault);
            Assert.Contains("3 of 30 stores are full; ", fault.Message, StringComparison.Ordinal);
            Assert.Contains("of 30 ask for more than this node pays", fault.Message, StringComparison.Ordinal);
        });
    }
}
