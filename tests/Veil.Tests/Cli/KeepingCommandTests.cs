using Veil.Content.Keeping;
using Veil.Content.Keys;
using Veil.Node;
using Veil.Tests.Node;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Commands that check and keep, against a node in a real network (spec/keeping.md, section 8).</summary>
public sealed class KeepingCommandTests(LabHouse house) : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-keep-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_shared_is_checked_with_either_key()
    {
        await house.ReadyAsync();
        string key = await AddAsync("check.bin", 700_000);
        var repairKey = await CommandRun.WithInputAsync(key, "repair-key", "-", "--data", house.Data);
        string file = Path.Combine(_folder.FullName, "check.repair");
        await File.WriteAllTextAsync(file, repairKey.Out, Token);

        var byKey = (await RunAsync("check", key, "--json")).Done();
        var byRepairKey = (await RunAsync("check", "--repair-key", file, "--json")).Done();
        var forPeople = await RunAsync("check", repairKey.Out.Trim());

        Assert.Equal(
            ["stripes", "shares_needed", "shares_placed", "worst_stripe", "healthy"],
            byKey.EnumerateObject().Select(member => member.Name).Take(5));
        Assert.Equal(2, byKey.GetProperty("stripes").GetInt32());
        Assert.True(byKey.GetProperty("full").GetBoolean());
        Assert.True(byKey.GetProperty("healthy").GetBoolean());
        Assert.Equal(byKey.GetProperty("shares_needed").GetInt64(), byKey.GetProperty("shares_placed").GetInt64());
        Assert.Equal(byKey.ToString(), byRepairKey.ToString());
        Assert.Equal(0, forPeople.ExitCode);
        Assert.StartsWith("full: ", forPeople.Out, StringComparison.Ordinal);
        Assert.True(RepairKey.TryParse(repairKey.Out, out _, out _));
    }

    [Fact]
    public async Task What_is_kept_is_listed_with_its_health_until_it_is_not_kept_any_more()
    {
        await house.ReadyAsync();
        string key = await AddAsync("keep.bin", 40_000);
        string repairKey = (await RunAsync("repair-key", key)).Out.Trim();

        var kept = (await RunAsync("keep", "--now", key, "--json")).Done();
        var again = (await RunAsync("keep", repairKey, "--json")).Done();

        string id = kept.GetProperty("id").GetString()!;
        Assert.True(kept.GetProperty("added").GetBoolean());
        Assert.Equal("healthy", kept.GetProperty("round").GetProperty("verdict").GetString());
        Assert.Equal((id, false), (again.GetProperty("id").GetString(), again.GetProperty("added").GetBoolean()));
        var keep = Assert.Single(
            (await RunAsync("keeps", "--json")).Done().GetProperty("keeps").EnumerateArray(),
            keep => keep.GetProperty("id").GetString() == id);
        Assert.Equal("keep.bin", keep.GetProperty("name").GetString());
        Assert.True(keep.GetProperty("health").GetProperty("healthy").GetBoolean());
        Assert.Contains($"{id}\thealthy\t", (await RunAsync("keeps")).Out, StringComparison.Ordinal);

        Assert.Equal(id, (await RunAsync("unkeep", key, "--json")).Done().GetProperty("id").GetString());
        var gone = await RunAsync("unkeep", id, "--json");
        Assert.Equal((4, "not_found"), (gone.ExitCode, gone.ErrorCode()));

        // No line that the node wrote meanwhile names what was kept.
        Assert.DoesNotContain(house.Logs.Lines, line => line.Contains("keep.bin", StringComparison.Ordinal)
            || line.Contains(id, StringComparison.Ordinal) || line.Contains("veil-repair", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mistakes_have_codes_of_their_own()
    {
        await house.ReadyAsync();
        string key = await AddAsync("mistakes.bin", 10);
        string repairKey = (await RunAsync("repair-key", key)).Out.Trim();
        string mistyped = repairKey[..^1] + (repairKey[^1] == 'a' ? 'b' : 'a');
        var unknown = new ContentKey(new Veil.Content.Eris.ReadCapability(32_768, 0, default, default)).Format();

        var wrong = await RunAsync("check", mistyped, "--json");
        var none = await RunAsync("check", unknown, "--json");
        var notRepair = await CommandRun.WithInputAsync(
            key, "keep", "--repair-key", "-", "--data", house.Data, "--json");
        var alone = await RunAsync("keep", key, "--no-grace", "--json");

        Assert.Equal((2, "bad_key"), (wrong.ExitCode, wrong.ErrorCode()));
        Assert.Equal((4, "not_found"), (none.ExitCode, none.ErrorCode()));
        Assert.Equal((2, "bad_key"), (notRepair.ExitCode, notRepair.ErrorCode()));
        Assert.Equal((2, "usage"), (alone.ExitCode, alone.ErrorCode()));
    }

    private async Task<string> AddAsync(string name, int bytes)
    {
        string path = Path.Combine(_folder.FullName, name);
        await File.WriteAllBytesAsync(path, Content.ContentRig.Bytes(bytes), Token);
        return (await RunAsync("add", path)).Out.Trim();
    }

    private Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync([.. args, "--data", house.Data]);
}
