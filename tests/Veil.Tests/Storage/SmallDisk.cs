using System.Diagnostics;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>A file system of a few MiB in memory, at a folder of its own; gone with the test.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    /// <summary>Mounts it, or skips the test where that is not allowed.</summary>
    public SmallDisk(string path, int mebibytes)
    {
        _path = path;
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.UserName == "root",
            "only root on Linux can mount a small disk: run this test as root to have it");
        System.IO.Directory.CreateDirectory(path);
        Assert.SkipUnless(
            TryRun("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "veil-test", path),
            "this system does not let its root mount a tmpfs");
    }

    /// <summary>Forbids all writing, or allows it again; fails while a file is open for writing.</summary>
    public bool TrySetReadOnly(bool isReadOnly) =>
        TryRun("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", _path);

    /// <summary>Even with files of it open.</summary>
    public void Dispose() => TryRun("umount", "--lazy", _path);

    private static bool TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
