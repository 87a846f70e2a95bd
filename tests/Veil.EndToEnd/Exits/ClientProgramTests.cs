using System.Text;
using Veil.EndToEnd.Clients;
using Veil.EndToEnd.Testnet;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>
/// Programs as people have them reach servers of this machine through a gateway and an exit (spec/exit.md). Each skips
/// where the program is not installed.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class ClientProgramTests(ExitNetwork network) : IClassFixture<ExitNetwork>
{
    private const int PassedBytes = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Git_clones_and_pushes()
    {
        var git = new GitRunner(Programs.Need("git", "git"), network.NewFolder("git"));
        var served = Path.Combine(git.Folder, "served.git");
        var made = Path.Combine(git.Folder, "made");
        await git.RunAsync("init", "--quiet", "--bare", "--initial-branch=main", served);
        await git.RunAsync("-C", served, "config", "http.receivepack", "true");
        await git.RunAsync("init", "--quiet", "--initial-branch=main", made);
        var first = await git.CommitAsync(made, "first", TestnetTests.Bytes(PassedBytes));
        await git.RunAsync("-C", made, "push", "--quiet", served, "main");

        await using var web = await LoopbackWeb.StartAsync(new GitBackend(git.Program, git.Folder).AnswerAsync);
        var clone = Path.Combine(git.Folder, "clone");
        string[] proxy = ["-c", $"http.proxy=socks5h://{network.Socks}"];
        await git.RunAsync([.. proxy, "clone", "--quiet", $"http://{network.Host}:{web.Port}/served.git", clone]);
        Assert.Equal(first, await git.RunAsync("-C", clone, "rev-parse", "HEAD"));
        await git.RunAsync("-C", clone, "fsck", "--full");

        var second = await git.CommitAsync(clone, "second", TestnetTests.Bytes(PassedBytes + 1));
        await git.RunAsync([.. proxy, "-C", clone, "push", "--quiet", "origin", "main"]);
        Assert.Equal(second, await git.RunAsync("-C", served, "rev-parse", "main"));
        AssertCameFromExits(web);
    }

    [Fact]
    public async Task Ssh_runs_a_command_and_passes_a_megabyte_both_ways()
    {
        var ssh = Programs.Need("openssh-client", "ssh");
        var netcat = Programs.Need("netcat-openbsd", "nc.openbsd");
        var keygen = Programs.Need("openssh-client", "ssh-keygen");
        var folder = network.NewFolder("ssh");
        await using var shell = await SecureShell.StartAsync(
            Programs.Need("openssh-server", "sshd"), keygen, folder);
        string[] command =
        [
            ssh, "-F", "/dev/null", "-i", shell.UserKey, "-p", $"{shell.Port}",
            "-o", $"UserKnownHostsFile={shell.KnownHosts}", "-o", $"HostKeyAlias={SecureShell.HostAlias}",
            "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
            "-o", $"ProxyCommand={netcat} -X 5 -x {network.Socks} %h %p",
            $"{Environment.UserName}@{network.Host}",
        ];

        var said = await ToolProcess.RunProgramAsync(command[0], [.. command[1..], "-n", "echo $((6 * 7)); exit 3"]);
        Assert.Equal((3, "42\n", ""), (said.ExitCode, said.Output, said.Errors));

        var (sent, came) = (Path.Combine(folder, "sent"), Path.Combine(folder, "came"));
        await File.WriteAllBytesAsync(sent, TestnetTests.Bytes(PassedBytes), Token);
        var passed = await ToolProcess.RunProgramAsync(
            "sh", ["-c", "in=$1 out=$2; shift 2; exec \"$@\" <\"$in\" >\"$out\"", "sh", sent, came, .. command, "cat"]);
        Assert.Equal((0, ""), (passed.ExitCode, passed.Errors));
        Assert.Equal(await File.ReadAllBytesAsync(sent, Token), await File.ReadAllBytesAsync(came, Token));
    }

    [Fact]
    public async Task Apt_updates_and_downloads_a_package()
    {
        var apt = Programs.Need("apt", "apt-get");
        var folder = network.NewFolder("apt");
        var files = await DebianRepository.MakeAsync(Programs.Need("dpkg", "dpkg-deb"), folder);
        await using var web = await LoopbackWeb.StartAsync(files);
        var runner = await AptRunner.MakeAsync(apt, folder, network.Socks, $"http://{network.Host}:{web.Port}/");
        await runner.RunAsync("update");
        await runner.RunAsync("download", DebianRepository.Package);
        Assert.Equal(
            files[DebianRepository.PackageFile].Bytes,
            await File.ReadAllBytesAsync(runner.Root + DebianRepository.PackageFile, Token));
        AssertCameFromExits(web);
    }

    [Fact]
    public async Task Chromium_shows_a_page_with_script_and_image()
    {
        var chromium = Programs.Need(
            "chromium-headless-shell", "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome");
        const string Page = """
            <!doctype html><title>as sent</title><link rel="icon" href="data:,">
            <script src="/script.js"></script><img src="/image.svg" onload="shown(this)">
            """;
        const string Script = "function shown(image) { document.title = 'image ' + image.naturalWidth; }";
        const string Image = "<svg xmlns='http://www.w3.org/2000/svg' width='37' height='5'/>";
        await using var web = await LoopbackWeb.StartAsync(new Dictionary<string, (string, byte[])>
        {
            ["/"] = ("text/html", Encoding.ASCII.GetBytes(Page)),
            ["/script.js"] = ("text/javascript", Encoding.ASCII.GetBytes(Script)),
            ["/image.svg"] = ("image/svg+xml", Encoding.ASCII.GetBytes(Image)),
        });

        // Chromium goes around its proxy for loopback unless it is told not to; root's has no sandbox.
        var shown = await ToolProcess.RunProgramAsync(
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", $"--user-data-dir={network.NewFolder("chromium")}",
            $"--proxy-server=socks5://{network.Socks}", "--proxy-bypass-list=<-loopback>",
            "--dump-dom", $"http://{network.Host}:{web.Port}/");

        Assert.True(shown.ExitCode == 0, shown.Errors);
        Assert.Contains("<title>image 37</title>", shown.Output, StringComparison.Ordinal);
        Assert.Equal(["/", "/image.svg", "/script.js"], web.Requests.Select(request => request.Path).Order());
        AssertCameFromExits(web);
    }

    // The browser and the like would come from 127.0.0.1.
    private void AssertCameFromExits(LoopbackWeb web)
    {
        Assert.NotEmpty(web.Requests);
        Assert.All(web.Requests, request => Assert.Contains(request.From, network.Exits));
        Assert.All(web.Requests, request => Assert.Equal(network.Host, request.Host));
    }
}
