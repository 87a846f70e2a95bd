using System.Runtime.InteropServices;
using System.Text.Json;
using Veil.Tools.Release.Archives;
using Veil.Tools.Release.Bill;
using Veil.Tools.Release.Debian;

namespace Veil.Tools.Release.Building;

/// <summary>Builds the program in one clone: self-contained, compiled ahead where that is possible, a folder a
/// runtime.</summary>
/// <param name="root">The clone.</param>
/// <param name="commit">The commit that the program names in its version.</param>
/// <param name="variation">How the surroundings are in this build.</param>
internal sealed class ProgramBuild(string root, string commit, Variation variation)
{
    private const string Project = "src/Veil.Cli";
    private const string Assets = "artifacts/release/obj/Veil.Cli/project.assets.json";

    private static readonly string[] _runtimes = ["libcoreclr.so", "coreclr.dll"];

    private readonly Shell _shell = new(variation);

    /// <summary>Restores, as locked or to write the lock files anew.</summary>
    /// <returns>What was downloaded besides the locked packages, and the version of the SDK.</returns>
    internal async Task<Toolchain> RestoreAsync(bool writeLocks, CancellationToken cancellation)
    {
        string[] locks = writeLocks ? ["-p:VeilWriteLocks=true", "--force-evaluate"] : [];
        await DotnetAsync(["restore", Project, .. locks], cancellation);
        var sdk = await _shell.RunAsync(root, cancellation, "dotnet", "--version");
        return Toolchain.FromRestore(sdk.Trim(), File.ReadAllText(Path.Combine(root, Assets)));
    }

    /// <summary>NuGet's folder of unpacked packages, after a restore.</summary>
    internal string PackageFolder()
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, Assets)));
        return assets.RootElement.GetProperty("packageFolders").EnumerateObject().First().Name;
    }

    /// <summary>The version of the program.</summary>
    internal async Task<string> VersionAsync(CancellationToken cancellation) =>
        (await DotnetAsync(["msbuild", Project, "-getProperty:Version"], cancellation)).Trim();

    /// <summary>Builds for a runtime and returns the program's folder.</summary>
    internal async Task<IReadOnlyList<FileEntry>> PublishAsync(string rid, CancellationToken cancellation)
    {
        await DotnetAsync(
            ["publish", Project, "-c", "Release", "-r", rid, "--no-restore", $"-m:{variation.Jobs}"], cancellation);
        var folder = PublishFolder(rid);
        if (!_runtimes.Any(name => File.Exists(Path.Combine(folder, name))))
        {
            throw new ReleaseException($"the program for {rid} was built without its runtime");
        }

        return [.. from path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                   let name = Path.GetRelativePath(folder, path).Replace('\\', '/')
                   select new FileEntry(name, ModeOf(name, rid), File.ReadAllBytes(path))];
    }

    /// <summary>Asks the built program for its help, all commands down.</summary>
    internal async Task<IReadOnlyList<(string Command, HelpText Help)>> HelpAsync(CancellationToken cancellation)
    {
        var pages = new List<(string, HelpText)>();
        var ahead = new Stack<string>([""]);
        while (ahead.TryPop(out var command))
        {
            string[] words = [Path.Combine(PublishFolder(HostRid), "veil"), .. command.Split(' '), "--help"];
            var text = await _shell.RunAsync(root, cancellation, [.. words.Where(word => word.Length > 0)]);
            var help = HelpText.Parse(text);
            pages.Add((command, help));
            foreach (var below in help.Commands.Reverse())
            {
                ahead.Push($"{command} {below}".Trim());
            }
        }

        return pages;
    }

    /// <summary>Asks the built program for what makes a shell complete its words: bash, zsh or fish.</summary>
    internal Task<string> CompletionAsync(string shell, CancellationToken cancellation) =>
        _shell.RunAsync(root, cancellation, Path.Combine(PublishFolder(HostRid), "veil"), "completion", shell);

    /// <summary>The runtime of this machine, whose program can be asked.</summary>
    internal static string HostRid { get; } =
        RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    private string PublishFolder(string rid) =>
        Path.Combine(root, "artifacts/release/publish/Veil.Cli", $"release_{rid}");

    // Not what the file system says, which depends on the umask: programs are the files without an extension.
    private static UnixFileMode ModeOf(string name, string rid) =>
        rid.StartsWith("linux-", StringComparison.Ordinal) && !Path.HasExtension(name)
            ? FileEntry.Executable
            : FileEntry.Plain;

    private Task<string> DotnetAsync(string[] arguments, CancellationToken cancellation) =>
        _shell.RunAsync(
            root,
            cancellation,
            [
                "dotnet", .. arguments, "-nologo", "-v:quiet",
                $"-p:DirectoryBuildPropsPath={Path.Combine(root, "packaging/Release.props")}",
                    $"-p:VeilCommit={commit}",
            ]);
}
