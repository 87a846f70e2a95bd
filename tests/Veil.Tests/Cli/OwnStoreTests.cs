using Veil.Content.Keys;
using Veil.Tests.Content;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>What a node does for itself does not enter the store that it serves (spec/keeping.md). With nothing beside
/// it: others add to the same stores.</summary>
[Collection(LabHouseAlone.Name)]
public sealed class OwnStoreTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-own-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_store_s_own_node_checks_does_not_enter_that_store()
    {
        await house.ReadyAsync();
        string path = Path.Combine(_folder.FullName, "own.bin");
        await File.WriteAllBytesAsync(path, ContentRig.Bytes(600_000), Token);
        string text = (await CommandRun.OfAsync("add", path, "--data", house.Data)).Out.Trim();
        Assert.True(ContentKey.TryParse(text, out var key, out _));
        foreach (var (node, blocks) in house.StoreNodes)
        {
            long before = blocks.BlockCount;
            var (repairKey, _, _) = await node.Keeper.ResolveAsync(key, Token);
            var health = await node.Keeper.CheckAsync(repairKey, Token);

            Assert.True(health.Shares.Placed > health.Shares.Needed / 2);
            Assert.Equal(before, blocks.BlockCount);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
