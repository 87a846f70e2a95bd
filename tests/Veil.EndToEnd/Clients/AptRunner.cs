using Xunit;

namespace Veil.EndToEnd.Clients;

/// <summary>apt-get with a root of its own: nothing of this machine's own apt or dpkg is read or changed.</summary>
internal sealed class AptRunner
{
    private readonly string _program;
    private readonly Dictionary<string, string> _environment;

    private AptRunner(string program, string root, string settings)
    {
        _program = program;
        Root = root;
        _environment = new() { ["APT_CONFIG"] = settings };
    }

    /// <summary>Where it installs; no package is installed there at first.</summary>
    internal string Root { get; }

    /// <summary>Sets one up.</summary>
    /// <param name="program">apt-get.</param>
    /// <param name="folder">Where its root is made.</param>
    /// <param name="socks">The gateway's address.</param>
    /// <param name="source">The repository's address.</param>
    internal static async Task<AptRunner> MakeAsync(string program, string folder, string socks, string source)
    {
        var token = TestContext.Current.CancellationToken;
        var root = System.IO.Directory.CreateDirectory(Path.Combine(folder, "root")).FullName;
        string[] needed =
        [
            "etc/apt", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg/info",
            "var/lib/dpkg/updates", "var/log/apt",
        ];
        foreach (var name in needed)
        {
            System.IO.Directory.CreateDirectory(Path.Combine(root, name));
        }

        var status = Path.Combine(root, "var/lib/dpkg/status");
        await File.WriteAllTextAsync(status, "", token);
        await File.WriteAllTextAsync(
            Path.Combine(root, "etc/apt/sources.list"), $"deb [trusted=yes] {source} ./\n", token);
        var settings = Path.Combine(root, "apt.conf");
        await File.WriteAllTextAsync(
            settings,
            $$"""
            Dir "{{root}}/";
            Dir::State::status "{{status}}";
            DPkg::Options { "--root={{root}}"; };
            APT::Sandbox::User "{{Environment.UserName}}";
            Acquire::http::Proxy "socks5h://{{socks}}";
            Acquire::Retries "0";
            """,
            token);
        return new AptRunner(program, root, settings);
    }

    /// <summary>Runs it in its root; it must succeed.</summary>
    internal async Task RunAsync(params string[] arguments)
    {
        var run = await ToolProcess.RunProgramAsync(
            _environment, "sh", ["-c", "cd \"$1\" && shift && exec \"$@\"", "sh", Root, _program, .. arguments]);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}
