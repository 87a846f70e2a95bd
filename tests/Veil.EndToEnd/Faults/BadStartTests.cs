using System.Net;
using Veil.EndToEnd.Testnet;
using Veil.Links.Tcp;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// Nodes that cannot start, as processes: each says what is wrong and what to do, ends with the exit code that scripts
/// rely on, and leaves what was there as it was.
/// </summary>
public sealed class BadStartTests : IAsyncLifetime
{
    private const int Patience = 60_000;
    private const int Failed = 1;
    private const int Usage = 2;

    // A gateway asks for no port of its own.
    private static readonly string[] _anyPort = ["--socks", "127.0.0.1:0"];
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-start-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => At("data");

    private string Network => At("net/network.json");

    public async ValueTask InitializeAsync()
    {
        await MakeNetworkAsync("net");
        await MakeNetworkAsync("other");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory(Timeout = Patience)]
    [InlineData("cut off")]
    [InlineData("empty")]
    [InlineData("not JSON")]
    [InlineData("later version")]
    [InlineData("missing")]
    public async Task A_network_file_that_cannot_be_used_is_2_and_nothing_is_kept_of_it(string kind)
    {
        var whole = await File.ReadAllTextAsync(Network, Token);
        var path = At("broken.json");
        if (kind != "missing")
        {
            await File.WriteAllTextAsync(path, kind switch
            {
                "cut off" => whole[..(whole.Length / 2)],
                "empty" => "",
                "not JSON" => "\0\u0001 no network",
                _ => whole.Insert(whole.IndexOf('{') + 1, "\"version\": 99,"),
            }, Token);
        }

        var said = await RunAsync(Usage, ["--data", Data, "--network", path, .. _anyPort]);

        Assert.Contains(path, said, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Veil.Wire", said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "network.json")));
    }

    [Fact(Timeout = Patience)]
    public async Task A_folder_of_another_network_is_2_and_stays_as_it_is()
    {
        DataFolder.Make(Data);
        var own = Path.Combine(Data, "network.json");
        File.Copy(Network, own);
        var before = await File.ReadAllBytesAsync(own, Token);

        var said = await RunAsync(Usage, ["--data", Data, "--network", At("other/network.json"), .. _anyPort]);

        Assert.Contains("is not the network that", said, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(own, Token));
    }

    [Fact(Timeout = Patience)]
    public async Task Wrong_settings_are_2_and_all_named_at_once()
    {
        var said = await RunAsync(
            Usage,
            [
                "--data", Data, "--network", Network, "--quota", "lots", "--socks", "0.0.0.0:1", "--roles",
                "relay,king", "--set", "Limits:Rat=5", "--listen", "nowhere",
            ]);

        Assert.All(
            ["Store:Quota", "Socks:Listen", "Node:Roles", "Limits:Rat", "Link:Listen"],
            setting => Assert.Contains(setting + ":", said, StringComparison.Ordinal));
    }

    [Fact(Timeout = Patience)]
    public async Task Wrong_options_are_2_and_all_named_at_once()
    {
        var said = await RunAsync(Usage, ["--nonsense", "--also-nonsense"]);

        Assert.Contains("--nonsense", said, StringComparison.Ordinal);
        Assert.Contains("--also-nonsense", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = Patience)]
    public async Task A_relay_on_a_processor_without_AES_is_1_and_leaves_no_identity()
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Aes.IsSupported, "the runtime hides AES on x64 only");
        var result = await ToolProcess.RunAsync(
            new Dictionary<string, string> { ["DOTNET_EnableAES"] = "0" },
            "veil.dll",
            ["run", "--data", Data, "--network", Network, "--roles", "relay", "--listen", "127.0.0.1:0"]);

        Assert.Contains("AES", AssertTold(Failed, result), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "node.keys")));
    }

    [Theory(Timeout = Patience)]
    [InlineData("--socks", "gateway")]
    [InlineData("--listen", "relay")]
    public async Task A_port_in_use_is_1_and_named(string option, string roles)
    {
        using var transport = new TcpTransport();
        await using var taken = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);

        var said = await RunAsync(
            Failed,
            ["--data", Data, "--network", Network, "--roles", roles, option, taken.EndPoint.ToString()!]);

        Assert.Contains("AddressAlreadyInUse", said, StringComparison.Ordinal);
        Assert.Contains(taken.EndPoint.ToString()!, said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "control.sock")), "the control socket was left");
    }

    [Fact(Timeout = Patience)]
    public async Task A_data_folder_that_is_used_already_is_1_and_its_node_goes_on()
    {
        string[] line = ["--data", Data, "--network", Network, .. _anyPort];
        using var first = ToolProcess.Start("dotnet", [Program, "run", .. line]);
        try
        {
            // Nobody reads what it says: a few lines fit into the pipe.
            while (await StateAsync() is null)
            {
                Assert.False(first.HasExited, "the first node ended");
                await Task.Delay(_pause, TimeProvider.System, Token);
            }

            var said = await RunAsync(Failed, line);

            Assert.Contains("in use", said, StringComparison.Ordinal);
            Assert.NotNull(await StateAsync());
        }
        finally
        {
            first.Kill();
            await first.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory(Timeout = Patience)]
    [InlineData("gateway", "size=4m", "remount,ro", 0)]
    [InlineData("gateway", "size=64k", "", 0)]
    [InlineData("gateway", "size=4m", "", 24)]
    [InlineData("gateway", "size=4m", "", 32)]
    [InlineData("relay,store", "size=4m", "", 24)]
    public async Task A_disk_that_is_read_only_or_full_is_1_and_said(string roles, string size, string again, int free)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to mount a small disk: run the tests as root");
        var disk = _folder.CreateSubdirectory("disk").FullName;
        var possible = await ToolProcess.RunProgramAsync(
            "unshare", "--mount", "mount", "-t", "tmpfs", "veil-test", disk);
        Assert.SkipUnless(possible.ExitCode == 0, $"no mounts in a namespace here: {possible.Errors}");

        // Full but for so many KiB, or read-only, and not shared like /tmp; gone with the namespace.
        const string Script = """
            set -e
            mount -t tmpfs -o "$2,mode=0700" veil-test "$1"
            head -c "$4"k /dev/zero >"$1"/spare
            cat /dev/zero >"$1"/zero 2>/dev/null || true
            rm "$1"/spare
            [ -z "$3" ] || mount -o "$3" "$1"
            shift 4
            exec "$@"
            """;
        var result = await ToolProcess.RunProgramAsync(
            "unshare",
            [
                "--mount", "sh", "-c", Script, "sh", disk, size, again, $"{free}",
                "dotnet", Program, "run", "--data", disk, "--network", Network, "--roles", roles,
                "--listen", "127.0.0.1:0", "--advertise", "127.0.0.1:9301", .. _anyPort,
            ]);

        var said = AssertTold(Failed, result);
        Assert.Matches(again.Length > 0 ? "read-only" : "full|[Nn]o space|room|free", said);
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "veil.dll");

    private static async Task<string> RunAsync(int exitCode, params string[] arguments) =>
        AssertTold(exitCode, await ToolProcess.RunAsync("veil.dll", ["run", .. arguments]));

    // One error, one hint, nothing on standard output, no stack.
    private static string AssertTold(int exitCode, ToolResult result)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{result.ExitCode}: {result.Errors}");
        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}: {result.Errors}");
        Assert.Equal("", result.Output);
        Assert.Contains("error: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        return result.Errors;
    }

    private async Task<string?> StateAsync()
    {
        using var client = new ControlClient(ControlSocket.In(Data));
        try
        {
            return (await client.GetStatusAsync(Token)).State;
        }
        catch (ControlException)
        {
            return null;
        }
    }

    private async Task MakeNetworkAsync(string name) => await RunningTestnet.VeilAsync(
        "network", "new", At(name), "--lab", "--name", name, "--authority", "a1=127.0.0.1:9301");

    private string At(string name) => Path.Combine(_folder.FullName, name);
}
