using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Content.Edge;
using Veil.Links.Tcp;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Noise.Seams;
using Veil.Storage.Segments;
using Veil.Wire;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.Tests.Node;

public sealed class LabNetworkTests
{
    [Fact]
    public async Task A_block_goes_to_every_store_over_circuits_and_comes_back()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("veil-lab-");
        try
        {
            var token = TestContext.Current.CancellationToken;
            await using var network = await LabNetwork.StartAsync(
                new LabOptions { EpochSeconds = 2 },
                (member, cancel) => PlaceAsync(member, folder.FullName, cancel),
                token);
            await using var client = await network.JoinAsync(new LabMember("client", NodeRoles.None, 99), token);
            var block = new byte[32768];
            block.AsSpan().Fill(7);
            var reference = BlockRef.Of(block);
            var group = new IsolationGroup("test");
            foreach (var store in client.Blocks.Ring.Stores)
            {
                Assert.Equal(StoreOutcome.Done, await client.Blocks.StoreAsync(group, store, reference, block, token));
                var back = new byte[32768];
                Assert.Equal(StoreOutcome.Done, await client.Blocks.FetchAsync(group, store, reference, back, token));
                Assert.Equal(block, back);
                Assert.Equal(
                    StoreOutcome.NotFound,
                    await client.Blocks.FetchAsync(group, store, new BlockRef(default), back, token));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<LabPlace> PlaceAsync(LabMember member, string folder, CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse($"127.88.{Environment.ProcessId % 250}.{member.Index + 1}");
        var transport = new TcpTransport(new TcpTransportOptions { LocalAddress = address });
        var decisions = new SystemDecisionSource();
        return new LabPlace(
            new NodeSeams
            {
                Time = TimeProvider.System,
                Decisions = decisions,
                Secrets = new SystemSecretSource(),
                Listeners = transport,
                Connections = transport,
                Loggers = NullLoggerFactory.Instance,
                Blocks = member.Roles.HasFlag(NodeRoles.Store)
                    ? await SegmentStore.OpenAsync(
                        new SegmentStoreOptions { Folder = Path.Combine(folder, member.Name), QuotaBytes = 1L << 30 },
                        TimeProvider.System,
                        decisions,
                        cancellationToken)
                    : null,
            },
            new IPEndPoint(address, 9001));
    }
}
