using System.Diagnostics;
using Xunit;

namespace Veil.EndToEnd.Packaging;

/// <summary>The service's unit keeps its walls.</summary>
public sealed class UnitFileTests
{
    private const string Unit = "packaging/veil.service";

    [Theory]
    [InlineData("Type=notify")]
    [InlineData("ExecStart=/usr/bin/veil run")]
    [InlineData("Environment=VEIL_DATA=/var/lib/veil")]
    [InlineData("Environment=DOTNET_EnableDiagnostics=0")]
    [InlineData("User=veil")]
    [InlineData("StateDirectory=veil")]
    [InlineData("StateDirectoryMode=0700")]
    [InlineData("UMask=0077")]
    [InlineData("KillSignal=SIGTERM")]
    [InlineData("Restart=on-failure")]
    [InlineData("LimitCORE=0")]
    [InlineData("CPUSchedulingPolicy=batch")]
    [InlineData("NoNewPrivileges=yes")]
    [InlineData("CapabilityBoundingSet=")]
    [InlineData("AmbientCapabilities=")]
    [InlineData("PrivateUsers=yes")]
    [InlineData("ProtectSystem=strict")]
    [InlineData("ProtectHome=yes")]
    [InlineData("PrivateTmp=yes")]
    [InlineData("PrivateDevices=yes")]
    [InlineData("ProtectKernelModules=yes")]
    [InlineData("ProtectKernelTunables=yes")]
    [InlineData("ProtectControlGroups=yes")]
    [InlineData("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX")]
    [InlineData("RestrictNamespaces=yes")]
    [InlineData("RestrictSUIDSGID=yes")]
    [InlineData("LockPersonality=yes")]
    [InlineData("SystemCallArchitectures=native")]
    [InlineData("SystemCallFilter=@system-service")]
    [InlineData("SystemCallFilter=~@privileged @resources")]
    [InlineData("SystemCallFilter=sched_setaffinity")]
    public void The_unit_has_the_line(string line) => Assert.Contains(line, PackagingFiles.Read(Unit).Split('\n'));

    [Fact]
    public void The_unit_gives_the_drain_more_time_than_it_takes_by_default()
    {
        var stop = PackagingFiles.Read(Unit).Split('\n').Single(line => line.StartsWith("TimeoutStopSec="));

        Assert.True(int.Parse(stop.Split('=')[1]) > 30, stop);
    }

    [Fact]
    public async Task Systemd_finds_the_exposure_low()
    {
        const string Analyzer = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(Analyzer), "systemd-analyze is not installed (package systemd)");
        var start = new ProcessStartInfo(Analyzer) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The threshold is ten times the score that it prints.
        Array.ForEach(
            ["security", "--offline=true", "--threshold=15", "--no-pager", PackagingFiles.PathOf(Unit)],
            start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, await output + await errors);
    }
}
