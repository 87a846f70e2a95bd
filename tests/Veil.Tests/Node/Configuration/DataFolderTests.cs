using System.Diagnostics;
using System.Runtime.Versioning;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Node.Hosting;
using Xunit;

namespace Veil.Tests.Node.Configuration;

/// <summary>What a data folder must be, before anything is written into it (spec/control.md, section 1).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DataFolderTests : IDisposable
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-folder-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_path_that_is_too_long_for_the_socket_is_refused_before_the_folder_is_made()
    {
        var paths = new DataPaths(Path.Combine(_root.FullName, new string('x', ControlSocket.MaxPathBytes)));

        var refused = await Assert.ThrowsAsync<NodeStartException>(() =>
            NodeHost.RunAsync(paths, new Dictionary<string, string>(), static () => { }, Token));

        Assert.Equal("path_too_long", refused.Code);
        Assert.Empty(_root.EnumerateFileSystemInfos());
    }

    [Fact]
    public void A_folder_that_is_shared_on_purpose_is_refused_before_anything_is_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        const UnixFileMode Shared = OwnerOnly | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;
        File.SetUnixFileMode(_root.FullName, Shared);

        var refused = Assert.Throws<NodeStartException>(() => DataFolder.Open(new DataPaths(_root.FullName)));

        Assert.Equal("not_private", refused.Code);
        Assert.Empty(_root.EnumerateFileSystemInfos());
        Assert.Equal(Shared, File.GetUnixFileMode(_root.FullName));
    }

    [Fact]
    public async Task Root_does_not_take_the_folder_of_another_user_and_says_who_can_start_there()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root, to give a folder away");
        const UnixFileMode Open = OwnerOnly | UnixFileMode.GroupRead;
        File.SetUnixFileMode(_root.FullName, Open);
        using var chown = Process.Start("chown", ["65534", _root.FullName]);
        await chown.WaitForExitAsync(Token);
        Assert.SkipUnless(chown.ExitCode == 0, "folders cannot be given away here");

        var refused = Assert.Throws<NodeStartException>(() => DataFolder.Open(new DataPaths(_root.FullName)));

        Assert.Equal("not_private", refused.Code);
        Assert.Contains("65534", refused.Hint, StringComparison.Ordinal);
        Assert.Empty(_root.EnumerateFileSystemInfos());
        Assert.Equal(Open, File.GetUnixFileMode(_root.FullName));
    }

    [Fact]
    public void A_folder_of_ones_own_loses_the_rights_of_others()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        File.SetUnixFileMode(_root.FullName, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherExecute);

        DataFolder.Open(new DataPaths(_root.FullName)).Dispose();

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_root.FullName));
    }

    public void Dispose() => _root.Delete(recursive: true);
}
