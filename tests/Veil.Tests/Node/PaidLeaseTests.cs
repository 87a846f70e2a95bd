using Veil.Node;
using Veil.Node.Control;
using Veil.Node.Status;
using Veil.Storage.Serving;
using Veil.Tests.Content;
using Xunit;

namespace Veil.Tests.Node;

/// <summary>Leases that are paid for, over circuits of a real network (spec/stamp.md). With nothing beside it: what
/// others add meanwhile would be refused and counted, too.</summary>
[Collection(LabHouseAlone.Name)]
public sealed class PaidLeaseTests(LabHouse house)
{
    private const uint Price = 16;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stores_that_ask_are_paid_and_say_in_their_status_what_they_ask()
    {
        await house.ReadyAsync();
        var gates = house.StoreNodes.Select(store => store.Node.Gate!).ToArray();
        var unpaid = gates.Sum(gate => gate.Unpaid);

        // Nearly empty stores, as in the first of ten steps.
        foreach (var gate in gates) gate.SetTariff(new StampTariff { FreePercent = 0, FullPrice = Price << 9 });
        try
        {
            Assert.All(house.StoreNodes, store => Assert.Equal(Price, StatusOf(store.Node).Store!.Price));
            using var client = house.Connect();
            var sent = ContentRig.Bytes(700_000);
            var source = 0;

            var added = await client.AddAsync(
                new AddFile("paid.bin", sent.Length, (memory, _) => ReadAsync(memory)), null, Token);
            using var received = new MemoryStream();
            await client.GetAsync(added.Key, _ => received, Token);

            Assert.Equal(added.Shares, added.SharesAcked);
            Assert.Equal(sent, received.ToArray());

            // Each connection finds out once, by what is on its way at the time; then it pays at once.
            var refused = gates.Sum(gate => gate.Unpaid) - unpaid;
            Assert.InRange(refused, 1, added.Shares);
            Assert.Contains(house.StoreNodes, store => StatusOf(store.Node).Counters.ContainsKey("store.unpaid"));

            ValueTask<int> ReadAsync(Memory<byte> memory)
            {
                var count = Math.Min(memory.Length, sent.Length - source);
                sent.AsMemory(source, count).CopyTo(memory);
                source += count;
                return ValueTask.FromResult(count);
            }
        }
        finally
        {
            foreach (var gate in gates) gate.SetTariff(new StampTariff());
        }
    }

    private static StatusDocument StatusOf(VeilNode node) =>
        new NodeStatus(node, TimeProvider.System, () => false, () => []).Take();
}
