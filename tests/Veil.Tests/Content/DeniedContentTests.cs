using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Wire.Denying;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>What the local denylist forbids to open (spec/store.md, section 8).</summary>
public sealed class DeniedContentTests
{
    [Fact]
    public async Task Content_whose_root_is_denied_is_not_opened_and_no_store_is_asked()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes(50_000);
        var denied = await rig.PublishAsync(content);
        var allowed = await rig.PublishAsync(content);
        Denylist denylist = new();
        ContentReader reader = new(rig.Stores, rig.Decisions, rig.Time, new ReaderOptions(), denylist);
        var requests = rig.Stores.Requests;
        denylist.Replace([Denylist.HashOf(denied.Key.Capability.RootReference)]);

        var fault = await Assert.ThrowsAsync<ContentUnavailableException>(() => reader.OpenAsync(
            denied.Key, ContentRig.Group, TestContext.Current.CancellationToken));

        Assert.Equal(ContentFault.Denied, fault.Fault);
        Assert.Contains("local denylist", fault.Message, StringComparison.Ordinal);
        Assert.Equal((requests, 1L), (rig.Stores.Requests, denylist.Refusals));
        await (await reader.OpenAsync(allowed.Key, ContentRig.Group, TestContext.Current.CancellationToken))
            .DisposeAsync();

        denylist.Replace([]);
        await (await reader.OpenAsync(denied.Key, ContentRig.Group, TestContext.Current.CancellationToken))
            .DisposeAsync();
    }
}
