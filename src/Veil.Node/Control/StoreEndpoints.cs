using Microsoft.AspNetCore.Http;
using Veil.Node.Stores;

namespace Veil.Node.Control;

/// <summary>What the owner asks of the store (spec/control.md, section 2; spec/store.md, sections 11 and 12).</summary>
internal sealed class StoreEndpoints(ControlSurface surface)
{
    private StoreService Store => surface.Node.Store ?? throw new ControlException(StatusCodes.Status409Conflict, new(
        "no_store", "this node is no store", "ask a node with the role store"));

    internal Task ScrubAsync(HttpContext context)
    {
        var store = Store;
        store.Upkeep.ScrubNow();
        return Answers.WriteAsync(
            context, new StoreScrubAnswer(store.DescribeScrub()), ControlJson.Default.StoreScrubAnswer);
    }

    internal async Task DrainAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.StoreDrainRequest);
        var store = Store;
        if (request.Cancel)
        {
            await store.Drain.CancelAsync(context.RequestAborted);
        }
        else
        {
            await store.Drain.BeginAsync(context.RequestAborted);
        }

        await Answers.WriteAsync(
            context, new StoreDrainAnswer(store.DescribeDrain()), ControlJson.Default.StoreDrainAnswer);
    }
}
