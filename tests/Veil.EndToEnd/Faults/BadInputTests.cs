using System.Diagnostics;
using System.Text.Json;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>What people and disks do while files are shared over running nodes, of which none may die of it.</summary>
[Collection(RunningTestnet.Collection)]
public sealed class BadInputTests(RunningTestnet network) : IClassFixture<RunningTestnet>
{
    private const string Gateway = "gateway1";
    private const int LongFile = 64 * 1024 * 1024;
    private const int Failed = 1;
    private static readonly string[] _stores = ["store1", "store2", "store3", "store4"];
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(2);

    // Without the runtime's own socket for debuggers, so that the only one of the program leads to the node.
    private static readonly Dictionary<string, string> _plain = new() { ["DOTNET_EnableDiagnostics"] = "0" };

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => network.Data(Gateway);

    [Theory]
    [InlineData("shrank")]
    [InlineData("grew")]
    [InlineData("was removed")]
    public async Task A_file_that_changes_while_it_is_added_is_1_and_not_published(string how)
    {
        var path = Path.Combine(network.Folder, "changing");
        await File.WriteAllBytesAsync(path, _seed.Bytes(how, LongFile), Token);
        var before = await PublicationsAsync();
        using var adding = ToolProcess.Start(_plain, "dotnet", [Program, "add", path, "--data", Data, "--json"]);
        try
        {
            // It looks at the file as it opens it, and connects to the node after that.
            await UntilAsync(adding, () => OpenFiles(adding.Id) is var open && open.Contains(path)
                && open.Any(file => file.StartsWith("socket:", StringComparison.Ordinal)));
            switch (how)
            {
                case "grew":
                    await File.AppendAllTextAsync(path, "more", Token);
                    break;
                case "shrank":
                    await using (var file = new FileStream(
                        path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                    {
                        file.SetLength(LongFile / 2);
                    }

                    break;
                default:
                    File.Delete(path);
                    break;
            }

            var said = await adding.StandardOutput.ReadToEndAsync(Token);
            await adding.WaitForExitAsync(Token);
            Say($"{adding.ExitCode}: {said}");
            Assert.Equal(Failed, adding.ExitCode);
            Assert.Equal("file_changed", CodeOf(said));
            Assert.Contains($"the file {how} while it was read", said, StringComparison.Ordinal);
            Assert.Equal(before, await PublicationsAsync());
        }
        finally
        {
            adding.Kill();
            File.Delete(path);
        }
    }

    [Fact]
    public async Task What_a_killed_get_left_is_gone_on_from_and_that_of_a_living_one_stays()
    {
        var sent = _seed.Bytes("arriving", LongFile);
        var key = await network.AddAsync(Gateway, sent);
        var place = Path.Combine(network.Folder, "arriving");
        var living = $"{place}.veil-part-{Environment.ProcessId}";
        await File.WriteAllTextAsync(living, "of a process that runs", Token);
        using (var killed = ToolProcess.Start("dotnet", [Program, "get", key, "-o", place, "--data", Data]))
        {
            // Named by its content, of which something is there.
            bool HasBegun() => System.IO.Directory.GetFiles(network.Folder, $"arriving.veil-part-{new string('?', 16)}")
                .Any(part => new FileInfo(part).Length > 0);
            await UntilAsync(killed, HasBegun);
            killed.Kill();
            await killed.WaitForExitAsync(Token);
            Assert.True(HasBegun());
        }

        await RunningTestnet.VeilAsync("get", key, "-o", place, "--data", Data);

        Assert.Equal(sent, await File.ReadAllBytesAsync(place, Token));
        Assert.Equal([living], System.IO.Directory.GetFiles(network.Folder, Path.GetFileName(place) + ".*part*"));
        File.Delete(living);
    }

    [Fact]
    public async Task Stores_whose_quota_is_full_are_told_and_what_they_took_is_there()
    {
        await SetQuotasAsync("64MiB");
        List<(string Key, byte[] Sent)> taken = [];
        JsonElement error;
        while (true)
        {
            Assert.True(taken.Count < 20, "the stores took more than their quota");
            var sent = _seed.Bytes($"much {taken.Count}", LongFile);
            var file = Path.Combine(network.Folder, "much.bin");
            await File.WriteAllBytesAsync(file, sent, Token);
            var result = await ToolProcess.RunAsync("veil.dll", "add", file, "--data", Data, "--json");
            File.Delete(file);
            using var document = JsonDocument.Parse(result.Output);
            if (result.ExitCode != 0)
            {
                Say($"{result.ExitCode} after {taken.Count} files: {result.Output}");
                Assert.Equal(Failed, result.ExitCode);
                error = document.RootElement.GetProperty("error").Clone();
                break;
            }

            taken.Add((document.RootElement.GetProperty("key").GetString()!, sent));
        }

        Assert.Equal("stores_full", error.GetProperty("code").GetString());
        Assert.Contains("stores are full", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var (key, sent) in taken)
        {
            var copy = Path.Combine(network.Folder, "copy");
            await RunningTestnet.VeilAsync("get", key, "-o", copy, "--force", "--data", Data);
            Assert.Equal(sent, await File.ReadAllBytesAsync(copy, Token));
        }

        await SetQuotasAsync("1GiB");
        await network.AddAsync(Gateway, _seed.Bytes("after", LongFile));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "veil.dll");

    private static string? CodeOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("error").GetProperty("code").GetString();
    }

    private static List<string> OpenFiles(int process)
    {
        List<string> files = [];
        foreach (var descriptor in System.IO.Directory.EnumerateFileSystemEntries($"/proc/{process}/fd"))
        {
            try
            {
                files.Add(new FileInfo(descriptor).LinkTarget ?? "");
            }
            catch (IOException)
            {
                // Closed meanwhile.
            }
        }

        return files;
    }

    private static async Task UntilAsync(Process process, Func<bool> isSo)
    {
        while (!isSo())
        {
            Assert.False(process.HasExited, "the program ended before the fault");
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }

    private async Task<int> PublicationsAsync() =>
        (await RunningTestnet.VeilAsync("ls", "--data", Data)).GetProperty("publications").GetArrayLength();

    private async Task SetQuotasAsync(string quota)
    {
        foreach (var store in _stores)
        {
            await RunningTestnet.VeilAsync("set", $"Store:Quota={quota}", "--data", network.Data(store));
        }
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
