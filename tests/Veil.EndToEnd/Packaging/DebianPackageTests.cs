using System.Diagnostics;
using Veil.Tools.Release.Archives;
using Veil.Tools.Release.Debian;
using Xunit;

namespace Veil.EndToEnd.Packaging;

/// <summary>Debian's own tools read the package as it is meant.</summary>
public sealed class DebianPackageTests : IDisposable
{
    private const string Tool = "/usr/bin/dpkg-deb";

    private static readonly string[] _scripts = ["postinst", "postrm", "prerm"];

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-deb-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_same_files_give_the_same_package() => Assert.Equal(Build("1.2.3"), Build("1.2.3"));

    [Theory]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("1.2.3-rc.1", "1.2.3~rc.1")]
    public void A_pre_release_is_older_than_its_release(string version, string debian) =>
        Assert.Equal(debian, DebianPackage.Version(version));

    [Fact]
    public async Task Fields_files_owners_and_conffiles_are_as_meant()
    {
        Assert.SkipUnless(File.Exists(Tool), "dpkg-deb is not installed (package dpkg)");
        string path = Path.Combine(_folder.FullName, "veil.deb");
        File.WriteAllBytes(path, Build("1.2.3-rc.1"));

        var fields = await RunAsync("--field", path);
        var files = await RunAsync("--contents", path);
        await RunAsync("--control", path, Path.Combine(_folder.FullName, "control"));

        Assert.Contains("Package: veil\n", fields);
        Assert.Contains("Version: 1.2.3~rc.1\n", fields);
        Assert.Contains("Architecture: arm64\n", fields);
        Assert.Contains("Maintainer: Somebody <somebody@veil.invalid>\n", fields);
        Assert.Contains("Installed-Size: 10\n", fields);
        Assert.DoesNotContain("@", fields.Replace("somebody@", ""));
        Assert.All(files.TrimEnd().Split('\n'), line => Assert.Contains(" root/root ", line));
        Assert.Matches("-rwxr-xr-x root/root +7 2023-11-14 .* ./usr/lib/veil/veil\n", files);
        Assert.Matches("./usr/bin/veil -> ../lib/veil/veil\n", files);
        Assert.Equal("/etc/default/veil\n", File.ReadAllText(Path.Combine(_folder.FullName, "control/conffiles")));
        // Of an empty file MD5 is d41d8...; conffiles have no sum here, dpkg keeps theirs itself.
        var sums = File.ReadAllLines(Path.Combine(_folder.FullName, "control/md5sums"));
        Assert.Equal("d41d8cd98f00b204e9800998ecf8427e  usr/lib/veil/empty", sums[0]);
        Assert.EndsWith("  usr/lib/veil/veil", sums[1]);
        Assert.Equal(2, sums.Length);
    }

    [Fact]
    public async Task Maintainer_scripts_are_shell_and_stop_at_the_first_error()
    {
        foreach (var name in _scripts)
        {
            Assert.StartsWith("#!/bin/sh\nset -e\n", PackagingFiles.Read($"packaging/debian/{name}"));
            await RunAsync("/bin/sh", ["-n", PackagingFiles.PathOf($"packaging/debian/{name}")]);
        }
    }

    private static byte[] Build(string version) => DebianPackage.Build(
        new ControlFields(
            PackagingFiles.Read("packaging/debian/control"),
            version,
            "arm64",
            "Somebody <somebody@veil.invalid>",
            DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)),
        _scripts.ToDictionary(name => name, name => PackagingFiles.Read($"packaging/debian/{name}")),
        [
            FileEntry.Text("usr/lib/veil/veil", "program") with { Mode = FileEntry.Executable },
            FileEntry.Text("usr/lib/veil/empty", ""),
            FileEntry.Link("usr/bin/veil", "../lib/veil/veil"),
            FileEntry.Text("etc/default/veil", "# settings\n" + new string('#', 2000) + "\n"),
        ]);

    private static Task<string> RunAsync(params string[] arguments) => RunAsync(Tool, arguments);

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TZ"] = "UTC";
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
